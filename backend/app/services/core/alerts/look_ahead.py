"""Looks of the rules that look ahead: a line of points of each series, and what comes of it."""

import asyncio
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.schemas.core.alert_rule import Forecast
from app.services.core.alerts.exceptions import own_of, servers_of
from app.services.core.alerts.levels import fingerprint, fits, override_for, shown, subject_of
from app.services.core.alerts.looks import FORECAST_GAP, Look, fix_of, with_gap, words
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.rule_book import Rule
from app.services.core.foresight.trend import Forecaster, Outlook
from app.services.core.metrics.lines import Line, QueryResult
from app.services.core.metrics.queries import MOST_POINTS, MOST_SERIES, MetricReader

_HOUR, _DAY = 3600, 86_400


@dataclass(frozen=True, slots=True)
class _Ahead:
    rule: Rule
    definition: Forecast
    forecaster: Forecaster
    now: datetime
    servers: Mapping[uuid.UUID, uuid.UUID]


async def look_ahead(
    session: AsyncSession,
    rule: Rule,
    forecaster: Forecaster,
    unwatched: Collection[uuid.UUID],
    now: datetime,
) -> list[Look]:
    """Judge one rule on all series of its metric."""
    definition = rule.definition
    if not isinstance(definition, Forecast):
        return []
    reader = MetricReader(session)
    counts: dict[uuid.UUID, int] = {}
    for one in await reader.latest(None, [definition.metric]):
        resource_id = one.series.resource_id
        if resource_id not in unwatched:
            counts[resource_id] = counts.get(resource_id, 0) + 1
    ahead = _Ahead(rule, definition, forecaster, now, await servers_of(session, [rule], counts))
    looks: list[Look] = []
    points = min(MOST_POINTS, definition.window_seconds // _HOUR)
    start = now - timedelta(seconds=definition.window_seconds)
    for some in _slices(counts):
        result = await reader.query(definition.metric, some, (), start, now, points)
        # Hundreds of lines take their time, in which the others go on.
        looks += await asyncio.to_thread(_looks, ahead, result)
    return looks


def _looks(ahead: _Ahead, result: QueryResult) -> list[Look]:
    found = (_look(ahead, line, result.times) for line in result.lines)
    return [look for look in found if look is not None]


def _look(ahead: _Ahead, line: Line, times: Iterable[int]) -> Look | None:
    definition, name = ahead.definition, line.name
    labels = dict(name.labels)
    override = override_for(ahead.rule.overrides, labels, own_of(name.resource_id, ahead.servers))
    is_ignored = override is not None and override.is_ignored
    if is_ignored or name.unit != definition.unit or not fits(definition.labels, labels):
        return None
    known = [
        (float(at), value) for at, value in zip(times, line.mean, strict=True) if value is not None
    ]
    outlook = ahead.forecaster.outlook(
        [at for at, _ in known], [value for _, value in known], definition.level
    )
    return None if outlook is None else _look_of(ahead, line, outlook)


def _look_of(ahead: _Ahead, line: Line, outlook: Outlook) -> Look:
    rule, definition, name = ahead.rule, ahead.definition, line.name
    labels = dict(name.labels)
    subject, left = subject_of(labels), outlook.seconds
    is_sure = outlook.confidence >= definition.least_confidence
    is_soon = outlook.is_within(definition.within_seconds)
    message = ""
    if left is not None and is_soon and is_sure:
        level = shown(definition.level, definition.unit)
        a_day = shown(abs(outlook.slope) * _DAY, definition.unit)
        days = f"{left / _DAY:.1f} days"
        message = words(rule.message, subject=subject, level=level, value=days) or (
            f"{subject or definition.metric} reaches {level} in {days} if it goes on like this"
            f" ({a_day} a day)."
        )
    return Look(
        rule=rule,
        resource_id=name.resource_id,
        fingerprint=fingerprint(rule.id, name.resource_id, name.labels),
        subject=subject,
        verdict=Verdict.BREACH if message else Verdict.CLEAR,
        at=ahead.now,
        timings=with_gap(rule.timings, FORECAST_GAP),
        severity=rule.severity,
        labels=labels,
        value=None if left is None else round(left / _DAY, 2),
        unit="days",
        message=message,
        fix=fix_of(rule, subject) if message else "",
    )


def _slices(counts: Mapping[uuid.UUID, int]) -> Iterable[list[uuid.UUID]]:
    """Yield resources in slices that one query of the metric store takes."""
    some: list[uuid.UUID] = []
    room = MOST_SERIES
    for resource_id, count in counts.items():
        if some and count > room:
            yield some
            some, room = [], MOST_SERIES
        if count <= MOST_SERIES:
            some.append(resource_id)
            room -= count
    if some:
        yield some
