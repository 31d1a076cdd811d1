"""From the samples of a batch to looks. What is well, and was, costs one comparison."""

import math
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.schemas.core.alert_rule import (
    Absence,
    Composite,
    Levels,
    Operator,
    RateOfChange,
    Threshold,
)
from app.services.core.alerts.history import measure, read_points, values_of, widest_window
from app.services.core.alerts.levels import (
    Bounds,
    bounds_of,
    fingerprint,
    fits,
    override_for,
    patience_of,
    subject_of,
)
from app.services.core.alerts.looks import Check, Look
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.rule_book import Rule, RuleBook, needs_history
from app.services.core.metrics.series import Labels
from app.services.core.metrics.writer import Point

# Nothing breaches these: a rule about absence only looks where an alert of it is open.
_MOST_SERIES = 400_000
_NEVER = Bounds(Operator.ABOVE, math.inf, None, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Ingest:
    """The samples of one transaction, as the metric writer returned them.

    `whole` names, for a resource, the metrics of which the batch held every series: one that is
    missing is gone (an unmounted disk), while a metric that is not named was not asked.
    """

    points: Sequence[Point] = ()
    whole: Mapping[uuid.UUID, Collection[str]] = field(default_factory=dict)


class CheckTable:
    """The checks of each series, made when a series is first seen under a book."""

    def __init__(self) -> None:
        self._book = RuleBook()
        self._by_series: dict[int, tuple[Check, ...]] = {}

    def use(self, book: RuleBook) -> None:
        """Begin anew when the rules have changed."""
        if book is not self._book:
            self._book = book
            self._by_series.clear()

    async def prepare(self, session: AsyncSession, points: Sequence[Point]) -> None:
        """Make the checks of the series that are new here: at most one statement."""
        by_series, book = self._by_series, self._book
        wanted = {point.series_id: point for point in points if point.series_id not in by_series}
        if not wanted:
            return
        if len(by_series) > _MOST_SERIES:
            by_series.clear()  # series come and go; those that are here will be made again
        rows = await session.execute(
            select(MetricSeries.id, MetricSeries.unit, Resource.server_id)
            .join(Resource, Resource.id == MetricSeries.resource_id)
            .where(MetricSeries.id.in_(wanted))
        )
        for series_id, unit, server_id in rows:
            point = wanted[series_id]
            names = (point.resource_id, point.metric, point.labels)
            name = SeriesOf(series_id, *names, unit, server_id)
            made = [make_check(rule, name) for rule in book.by_metric.get(point.metric, ())]
            made += [make_joint(rule, name) for rule in book.composites.get(point.metric, ())]
            by_series[series_id] = tuple(check for check in made if check is not None)

    def of(self, series_id: int) -> tuple[Check, ...]:
        """Return the checks of a series that was prepared."""
        return self._by_series.get(series_id, ())

    def scan(self, points: Sequence[Point], opened: Collection[str], now: datetime) -> "Scan":
        """Say what the newest samples say by themselves, and what has to be read for the rest."""
        looks: list[Look] = []
        deeper: list[tuple[Check, Point]] = []
        joint: set[tuple[Rule, uuid.UUID]] = set()
        by_series = self._by_series
        known = set(opened)
        for point in points:
            value = point.value
            for check in by_series.get(point.series_id, ()):
                if not (check.sign * value > check.level or check.fingerprint in known):
                    continue
                if not point.is_newest:
                    continue
                if check.joins:
                    joint.add((check.rule, check.resource_id))
                elif check.needs_history:
                    deeper.append((check, point))
                else:
                    look = _look(check, point, now)
                    if look.verdict is Verdict.BREACH:
                        known.add(check.fingerprint)
                    if check.fingerprint in known:
                        looks.append(look)
        return Scan(looks, deeper, joint)


def _look(check: Check, point: Point, now: datetime) -> Look:
    if check.bounds is _NEVER:
        # Whether it is absent was asked at a time after this sample was taken.
        return check.look(Verdict.CLEAR, now, None, point.interval)
    verdict = check.bounds.judge(point.value)
    return check.look(verdict, point.at, point.value, point.interval)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a batch says at first sight.

    `deeper` needs the samples before these. `joint` needs the other parts of its rules: a rule
    with several parts begins only with a sample that breaches one of them.
    """

    looks: list[Look]
    deeper: list[tuple[Check, Point]]
    joint: set[tuple[Rule, uuid.UUID]]


@dataclass(frozen=True, slots=True)
class SeriesOf:
    """A series as a check needs it."""

    id: int
    resource_id: uuid.UUID
    metric: str
    labels: Labels
    unit: str
    server_id: uuid.UUID | None = None

    @property
    def own(self) -> tuple[uuid.UUID, ...]:
        """Return the resource, and the server that it belongs to."""
        return (self.resource_id, *([self.server_id] if self.server_id else ()))


def make_check(rule: Rule, series: SeriesOf) -> Check | None:
    """Return what a rule does with a series; None when it does not look at it."""
    definition = rule.definition
    if not isinstance(definition, Threshold | RateOfChange | Absence):
        return None
    labels = dict(series.labels)
    if definition.metric != series.metric or not fits(definition.labels, labels):
        return None
    override = override_for(rule.overrides, labels, series.own)
    if (override is not None and override.is_ignored) or not has_unit(definition, series.unit):
        return None
    timings, severity = patience_of(rule.timings, override), rule.severity
    if override is not None and override.severity is not None:
        severity = override.severity
    bounds = bounds_of(definition, override) if isinstance(definition, Levels) else _NEVER
    deep = needs_history(definition)
    return Check(
        rule=rule,
        series_id=series.id,
        resource_id=series.resource_id,
        metric=series.metric,
        labels=series.labels,
        subject=subject_of(labels),
        fingerprint=fingerprint(rule.id, series.resource_id, series.labels),
        unit=definition.unit if isinstance(definition, Levels) else series.unit,
        bounds=bounds,
        timings=timings,
        severity=severity,
        sign=0.0 if deep else bounds.sign,
        level=-1.0 if deep else bounds.level,
        needs_history=deep,
    )


def make_joint(rule: Rule, series: SeriesOf) -> Check | None:
    """Return when a series makes it worth while to judge a rule that joins several parts."""
    definition = rule.definition
    if not isinstance(definition, Composite):
        return None
    labels = dict(series.labels)
    parts = [
        part
        for part in definition.parts
        if part.metric == series.metric
        and fits(part.labels, labels)
        and has_unit(part, series.unit)
    ]
    if not parts:
        return None
    levels = [part for part in parts if isinstance(part, Levels)]
    bounds = bounds_of(levels[0]) if levels else _NEVER
    # One comparison tells of one part whose newest sample is enough; otherwise always look.
    is_simple = len(levels) <= 1 and not any(needs_history(part) for part in parts)
    return Check(
        rule=rule,
        series_id=series.id,
        resource_id=series.resource_id,
        metric=series.metric,
        labels=series.labels,
        subject="",
        fingerprint=fingerprint(rule.id, series.resource_id, ""),
        unit=series.unit,
        bounds=bounds,
        timings=rule.timings,
        severity=rule.severity,
        sign=bounds.sign if is_simple else 0.0,
        level=bounds.level if is_simple else -1.0,
        joins=True,
    )


def has_unit(definition: Threshold | RateOfChange | Absence, unit: str) -> bool:
    """Tell whether the levels are in the unit of the series; what has no levels has every unit."""
    if isinstance(definition, Absence):
        return True
    if isinstance(definition, RateOfChange) and definition.in_percent:
        return definition.unit in ("percent", "")
    return definition.unit == unit


async def look_deeper(
    session: AsyncSession, wanted: Sequence[tuple[Check, Point]], opened: Collection[str]
) -> list[Look]:
    """Judge what needs a window: two statements for all of them."""
    if not wanted:
        return []
    ends = [int(point.at.timestamp()) for _, point in wanted]
    window = widest_window(
        check.rule.definition
        for check, _ in wanted
        if isinstance(check.rule.definition, Threshold | RateOfChange)
    )
    points = await read_points(
        session,
        (check.series_id for check, _ in wanted),
        (check.resource_id for check, _ in wanted),
        (min(ends) - window, max(ends) + 1),
    )
    looks: list[Look] = []
    known = set(opened)
    for (check, point), end in zip(wanted, ends, strict=True):
        definition = check.rule.definition
        if not isinstance(definition, Threshold | RateOfChange):
            continue
        samples = values_of(points, check.series_id)
        value = measure(definition, samples, end, point.interval)
        verdict = check.bounds.judge(value)
        if verdict is Verdict.BREACH:
            known.add(check.fingerprint)
        if check.fingerprint in known:
            looks.append(check.look(verdict, point.at, value, point.interval))
    return looks
