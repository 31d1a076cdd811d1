"""Rules that join several conditions on one resource."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.schemas.core.alert_rule import (
    Absence,
    Composite,
    RateOfChange,
    Simple,
    Threshold,
    metrics_of,
)
from app.services.core.alerts.checks import has_unit
from app.services.core.alerts.history import (
    Points,
    measure,
    read_points,
    values_of,
    widest_window,
)
from app.services.core.alerts.levels import bounds_of, fingerprint, fits, shown, subject_of
from app.services.core.alerts.looks import Look, with_gap, words
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.rule_book import Rule, needs_history
from app.services.core.metrics.queries import Latest, MetricReader

# As for single series: two intervals and some jitter.
_GAP, _LEAST_GAP = 2.1, 60.0


@dataclass(frozen=True, slots=True)
class PartLook:
    """What one series says of one part; `at` is the time of its newest sample."""

    verdict: Verdict
    at: datetime
    interval: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    latest: dict[tuple[uuid.UUID, str], list[Latest]]
    points: dict[int, Points]


async def look_at_composites(
    session: AsyncSession,
    wanted: Collection[tuple[Rule, uuid.UUID]],
    opened: Container[str],
    now: datetime,
) -> list[Look]:
    """Judge rules on resources; the number of statements does not grow with either."""
    if not wanted:
        return []
    rules, places = {rule for rule, _ in wanted}, {place for _, place in wanted}
    known = await _read(session, rules, places, now)
    looks: list[Look] = []
    for rule, resource_id in wanted:
        look = _look(rule, resource_id, known, now)
        if look.verdict is Verdict.BREACH or look.fingerprint in opened:
            looks.append(look)
    return looks


def join(how: str, verdicts: Sequence[Verdict]) -> Verdict:
    """Return what the parts say together; what is unknown decides nothing by itself."""
    found = set(verdicts)
    first, last = Verdict.CLEAR, Verdict.BREACH
    if how == "any":
        first, last = last, first
    if first in found:
        return first
    if found == {last}:
        return last
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.BETWEEN


async def _read(
    session: AsyncSession,
    rules: Collection[Rule],
    resource_ids: Collection[uuid.UUID],
    now: datetime,
) -> _Known:
    metrics = {metric for rule in rules for metric in metrics_of(rule.definition)}
    latest: dict[tuple[uuid.UUID, str], list[Latest]] = defaultdict(list)
    for one in await MetricReader(session).latest(list(resource_ids), sorted(metrics)):
        latest[one.series.resource_id, one.series.metric].append(one)
    deep = [
        part
        for rule in rules
        if isinstance(rule.definition, Composite)
        for part in rule.definition.parts
        if isinstance(part, Threshold | RateOfChange) and needs_history(part)
    ]
    points: dict[int, Points] = {}
    if deep:
        names = {part.metric for part in deep}
        series = [
            one.series.id
            for (_, metric), found in latest.items()
            if metric in names
            for one in found
        ]
        at = int(now.timestamp())
        # Both ends belong to a window, as they do where a rule looks at one series.
        span = (at - widest_window(deep), at + 1)
        points = await read_points(session, series, resource_ids, span)
    return _Known(latest, points)


def _look(rule: Rule, resource_id: uuid.UUID, known: _Known, now: datetime) -> Look:
    definition = rule.definition
    if not isinstance(definition, Composite):
        raise TypeError("Only composite rules are looked at here.")
    parts = [_part(one, resource_id, known, now) for one in definition.parts]
    verdict = join(definition.join, [one.verdict for one in parts])
    reasons = tuple(one.reason for one in parts if one.verdict is Verdict.BREACH)
    gap = max(_LEAST_GAP, _GAP * max(one.interval for one in parts))
    message = " ".join(reasons) if verdict is Verdict.BREACH else ""
    if message and rule.message:
        message = words(rule.message, subject="")
    return Look(
        rule=rule,
        resource_id=resource_id,
        fingerprint=fingerprint(rule.id, resource_id, ""),
        subject="",
        verdict=verdict,
        at=max(one.at for one in parts),
        timings=with_gap(rule.timings, timedelta(seconds=gap)),
        severity=rule.severity,
        message=message,
        fix=words(rule.fix, subject="") if message else "",
        reasons=reasons,
    )


def _part(part: Simple, resource_id: uuid.UUID, known: _Known, now: datetime) -> PartLook:
    """Return the worst that the part's series say."""
    nothing = PartLook(Verdict.UNKNOWN, datetime.min.replace(tzinfo=now.tzinfo), 0)
    found = [
        judge_part(part, one, values_of(known.points, one.series.id), now)
        for one in known.latest.get((resource_id, part.metric), ())
        if fits(part.labels, dict(one.series.labels)) and has_unit(part, one.series.unit)
    ]
    if not found:
        return nothing
    order = (Verdict.BREACH, Verdict.BETWEEN, Verdict.UNKNOWN, Verdict.CLEAR)
    return min(found, key=lambda one: order.index(one.verdict))


def judge_part(part: Simple, latest: Latest, points: Points, now: datetime) -> PartLook:
    """Say whether one series fulfils one part."""
    series, age = latest.series, (now - latest.at).total_seconds()
    where = subject_of(dict(series.labels))
    named = f"{series.metric} of {where}" if where else series.metric
    if isinstance(part, Absence):
        is_absent = age >= part.after_seconds
        verdict = Verdict.BREACH if is_absent else Verdict.CLEAR
        return PartLook(verdict, now, 0, f"{named} was not measured for {age:.0f} s.")
    if age > max(_LEAST_GAP, _GAP * series.interval):
        return PartLook(Verdict.UNKNOWN, latest.at, series.interval)
    value = latest.value
    if needs_history(part):
        value = measure(part, points, int(latest.at.timestamp()), series.interval)
    bounds = bounds_of(part)
    verdict = bounds.judge(value)
    if value is None:
        return PartLook(verdict, latest.at, series.interval)
    level = shown(bounds.raise_level, part.unit)
    reason = f"{named} is {shown(value, part.unit)} ({part.operator} {level})."
    return PartLook(verdict, latest.at, series.interval, reason)
