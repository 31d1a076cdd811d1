"""What a rule would have done over the samples that are stored, before anybody saves it."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.alert import Alert
from app.models.core.metric_series import MetricSeries, SeriesKind
from app.models.core.resource import Resource
from app.schemas.core.alert_rule import (
    Absence,
    Composite,
    Forecast,
    RateOfChange,
    StateChange,
    Threshold,
    metrics_of,
)
from app.schemas.core.alert_rule_api import PreviewIncident, RuleFinding, RulePreview
from app.services.core.alerts.checks import SeriesOf, has_unit, make_check
from app.services.core.alerts.composites import join, judge_part
from app.services.core.alerts.exceptions import own_of, servers_of
from app.services.core.alerts.history import Points, read_points, values_of
from app.services.core.alerts.levels import fits, override_for, patience_of, subject_of
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.replay import (
    ROUND,
    Incident,
    replay,
    replay_forecast,
    replay_verdicts,
)
from app.services.core.alerts.rule_book import Rule
from app.services.core.alerts.scopes import is_in, read_places
from app.services.core.foresight.trend import TrendForecaster
from app.services.core.metrics.lines import SeriesName
from app.services.core.metrics.queries import Latest
from app.services.core.metrics.series import parse_labels

MOST_SERIES = 300
_AT_ONCE = 50
_SHOWN = 100
_GAP = 2.1


@dataclass(frozen=True, slots=True)
class _Found:
    resource_id: uuid.UUID
    subject: str
    metric: str
    labels: Mapping[str, str]
    incident: Incident


@dataclass(frozen=True, slots=True)
class _Past:
    """The span that is looked at, and what lies before it for windows."""

    start: int
    end: int
    before: int
    servers: Mapping[uuid.UUID, uuid.UUID]

    @property
    def span(self) -> tuple[int, int]:
        return self.start - self.before, self.end + 1


class RulePreviews:
    """Tries rules out; reads, and changes nothing."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def preview(self, rule: Rule, days: int, findings: Sequence[RuleFinding]) -> RulePreview:
        """Return when a rule would have fired in the last days."""
        now = self._clock.now()
        since = now - timedelta(days=days)
        if isinstance(rule.definition, StateChange):
            return await self._reported(rule.definition, since, findings)
        series, servers = await self._series(rule)
        tried = series[:MOST_SERIES]
        past = _Past(int(since.timestamp()), int(now.timestamp()), _window_of(rule), servers)
        found: list[_Found] = []
        first = past.end
        for some in _slices(rule, tried):
            points = await read_points(
                self._session,
                [one.id for one in some],
                [one.resource_id for one in some],
                past.span,
            )
            first = min([first, *(times[0] for times, _ in points.values() if times)])
            # Thousands of samples take their time, in which the others go on.
            found += await asyncio.to_thread(_try_out, rule, some, points, past)
        names = await self._names({one.resource_id for one in found})
        return _answer(
            found,
            names,
            (max(since, datetime.fromtimestamp(first, UTC)), now),
            (len(series), len(tried)),
            findings,
        )

    async def _series(self, rule: Rule) -> tuple[list[SeriesName], Mapping[uuid.UUID, uuid.UUID]]:
        """Return what the rule looks at, and the servers that its exceptions may mean."""
        rows = await self._session.execute(
            select(
                *(MetricSeries.id, MetricSeries.resource_id, MetricSeries.metric),
                *(MetricSeries.labels, MetricSeries.kind, MetricSeries.unit),
                *(MetricSeries.interval, MetricSeries.since),
            )
            .where(MetricSeries.metric.in_(metrics_of(rule.definition)))
            .order_by(MetricSeries.resource_id, MetricSeries.metric, MetricSeries.id)
        )
        names = [
            SeriesName(*row[:3], parse_labels(row[3]), SeriesKind(row[4]), *row[5:]) for row in rows
        ]
        servers = await servers_of(self._session, [rule], {one.resource_id for one in names})
        looked_at = [one for one in names if _looks_at(rule, one, servers)]
        if rule.scope.is_everything or not looked_at:
            return looked_at, servers
        places = await read_places(self._session, {one.resource_id for one in looked_at})
        within = [
            one
            for one in looked_at
            if one.resource_id in places and is_in(rule.scope, places[one.resource_id])
        ]
        return within, servers

    async def _names(self, ids: set[uuid.UUID]) -> Mapping[uuid.UUID, str]:
        rows = await self._session.execute(
            select(Resource.id, Resource.name).where(Resource.id.in_(ids))
        )
        return {row.id: row.name for row in rows}

    async def _reported(
        self,
        definition: StateChange,
        since: datetime,
        findings: Sequence[RuleFinding],
    ) -> RulePreview:
        """Return the alerts that there were: what a domain reports is not stored as samples."""
        rows = (
            await self._session.scalars(
                select(Alert)
                .where(Alert.kind == definition.alert_type, Alert.fired_at >= since)
                .order_by(Alert.fired_at)
            )
        ).all()
        found = [
            _Found(
                row.resource_id,
                row.subject,
                "",
                row.labels,
                Incident(row.began_at, row.fired_at or row.began_at, row.resolved_at),
            )
            for row in rows
        ]
        return _answer(
            found,
            await self._names({one.resource_id for one in found}),
            (since, self._clock.now()),
            (0, 0),
            findings,
            "This is reported as it happens and not measured, so what you see are the alerts"
            " that there were, with the settings of then.",
        )


def _try_out(
    rule: Rule, series: Sequence[SeriesName], points: Mapping[int, Points], past: _Past
) -> list[_Found]:
    definition = rule.definition
    if isinstance(definition, Composite):
        return list(_try_composite(rule, definition, series, points, past))
    found: list[_Found] = []
    for one in series:
        known = values_of(points, one.id)
        if isinstance(definition, Forecast):
            span = (past.start, past.end)
            incidents = replay_forecast(rule.timings, definition, TrendForecaster(), known, span)
        else:
            check = make_check(rule, _series_of(one, past.servers))
            incidents = [] if check is None else replay(check, known, one.interval, past.start)
        labels = dict(one.labels)
        found += [
            _Found(one.resource_id, subject_of(labels), one.metric, labels, incident)
            for incident in incidents
        ]
    return found


def _try_composite(
    rule: Rule,
    definition: Composite,
    series: Sequence[SeriesName],
    points: Mapping[int, Points],
    past: _Past,
) -> Iterator[_Found]:
    by_resource: dict[uuid.UUID, list[SeriesName]] = {}
    for one in series:
        by_resource.setdefault(one.resource_id, []).append(one)
    for resource_id, its in by_resource.items():
        own = own_of(resource_id, past.servers)
        override = override_for(rule.overrides, {}, own)
        if override is not None and override.is_ignored:
            continue
        timings = patience_of(rule.timings, override)
        gap = timedelta(seconds=max(60.0, _GAP * max(one.interval for one in its)))
        verdicts = _joined(definition, its, points, past)
        for incident in replay_verdicts(timings, gap, verdicts):
            yield _Found(resource_id, "", definition.parts[0].metric, {}, incident)


def _joined(
    definition: Composite,
    series: Sequence[SeriesName],
    points: Mapping[int, Points],
    past: _Past,
) -> Iterator[tuple[int, Verdict]]:
    """Yield what the parts say together, each time that any of their series has a new sample."""
    places = dict.fromkeys((one.id for one in series), -1)
    seen = {at for one in series for at in values_of(points, one.id)[0]}
    times = sorted(seen.union(*_rounds_without(definition, series, points, past)))
    order = (Verdict.BREACH, Verdict.BETWEEN, Verdict.UNKNOWN, Verdict.CLEAR)
    for at in times:
        newest: list[Latest] = []
        now = datetime.fromtimestamp(at, UTC)
        for one in series:
            its_times, its_values = values_of(points, one.id)
            place = places[one.id]
            while place + 1 < len(its_times) and its_times[place + 1] <= at:
                place += 1
            places[one.id] = place
            if place >= 0:
                value = its_values[place]
                newest.append(
                    Latest(one, datetime.fromtimestamp(its_times[place], UTC), value, value)
                )
        if at < past.start:
            continue
        verdicts = []
        for part in definition.parts:
            said = [
                judge_part(part, latest, values_of(points, latest.series.id), now).verdict
                for latest in newest
                if latest.series.metric == part.metric
                and fits(part.labels, dict(latest.series.labels))
                and has_unit(part, latest.series.unit)
            ]
            verdicts.append(min(said, key=order.index, default=Verdict.UNKNOWN))
        yield at, join(definition.join, verdicts)


def _rounds_without(
    definition: Composite,
    series: Sequence[SeriesName],
    points: Mapping[int, Points],
    past: _Past,
) -> Iterator[Iterable[int]]:
    """Yield when the engine's rounds find a series absent, at which no sample comes."""
    for part in definition.parts:
        if not isinstance(part, Absence):
            continue
        for one in series:
            if one.metric != part.metric or not fits(part.labels, dict(one.labels)):
                continue
            known = values_of(points, one.id)[0]
            for before, after in pairwise([*known, past.end]):
                yield range(before + part.after_seconds, after, ROUND)


def _looks_at(rule: Rule, one: SeriesName, servers: Mapping[uuid.UUID, uuid.UUID]) -> bool:
    definition = rule.definition
    labels = dict(one.labels)
    if isinstance(definition, Composite):
        return any(
            part.metric == one.metric and fits(part.labels, labels) for part in definition.parts
        )
    if isinstance(definition, Forecast):
        own = own_of(one.resource_id, servers)
        override = override_for(rule.overrides, labels, own)
        is_ignored = override is not None and override.is_ignored
        return not is_ignored and one.unit == definition.unit and fits(definition.labels, labels)
    return make_check(rule, _series_of(one, servers)) is not None


def _series_of(one: SeriesName, servers: Mapping[uuid.UUID, uuid.UUID]) -> SeriesOf:
    names = (one.id, one.resource_id, one.metric, one.labels, one.unit)
    return SeriesOf(*names, servers.get(one.resource_id))


def _window_of(rule: Rule) -> int:
    match rule.definition:
        case Threshold() | RateOfChange() | Forecast() as one:
            return one.window_seconds
        case Absence() as one:
            return one.after_seconds
        case Composite(parts=parts):
            return max(
                part.after_seconds if isinstance(part, Absence) else part.window_seconds
                for part in parts
            )
        case _:
            return 0


def _slices(rule: Rule, series: Sequence[SeriesName]) -> Iterator[Sequence[SeriesName]]:
    """Yield series in pieces that fit into memory; those of one resource stay together."""
    piece: list[SeriesName] = []
    for one in series:
        is_new = not piece or one.resource_id != piece[-1].resource_id
        is_splittable = is_new or not isinstance(rule.definition, Composite)
        if len(piece) >= _AT_ONCE and is_splittable:
            yield piece
            piece = []
        piece.append(one)
    if piece:
        yield piece


def _answer(
    found: Sequence[_Found],
    names: Mapping[uuid.UUID, str],
    span: tuple[datetime, datetime],
    series: tuple[int, int],
    findings: Sequence[RuleFinding],
    note: str = "",
) -> RulePreview:
    since, now = span
    read = sorted(
        (_read(one, names, now) for one in found), key=lambda one: one.fired_at, reverse=True
    )
    if series[1] < series[0]:
        note = f"Tried over the first {series[1]} of {series[0]} series."
    return RulePreview(
        since=since,
        until=now,
        series=series[0],
        series_tried=series[1],
        count=len(read),
        seconds=sum(one.seconds for one in read),
        resources=len({one.resource_id for one in read}),
        incidents=read[:_SHOWN],
        note=note,
        findings=[*findings],
    )


def _read(one: _Found, names: Mapping[uuid.UUID, str], now: datetime) -> PreviewIncident:
    incident = one.incident
    return PreviewIncident(
        resource_id=one.resource_id,
        resource_name=names.get(one.resource_id, ""),
        subject=one.subject,
        metric=one.metric,
        labels=dict(one.labels),
        began_at=incident.began_at,
        fired_at=incident.fired_at,
        resolved_at=incident.resolved_at,
        seconds=round(((incident.resolved_at or now) - incident.fired_at).total_seconds()),
        peak=incident.peak,
    )
