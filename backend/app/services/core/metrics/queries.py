"""The way out: charts over any range, the newest values of many resources, and names."""

import asyncio
import math
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import InvalidInput
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_head import MetricHead
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries, SeriesKind
from app.models.core.metric_state import MetricState
from app.models.core.resource import Resource
from app.schemas.core.metric import MetricResource, MetricSummary
from app.services.core.metrics.codec import Buckets, decode_buckets, decode_points
from app.services.core.metrics.head import HeadPoints, merge_points, read_head
from app.services.core.metrics.lines import (
    RAW,
    TIER_NAMES,
    QueryResult,
    SeriesName,
    choose_step,
    choose_tier,
    lay_out,
)
from app.services.core.metrics.rollups import between, regroup, replace_range, roll_up
from app.services.core.metrics.series import Labels, parse_labels
from app.services.core.metrics.state import NewestSamples
from app.services.core.metrics.tiers import DAY, TIERS, Tier

MOST_POINTS = 1000
MOST_SERIES = 100
_MOST_RESOURCES = 1000
_TIER = {tier.seconds: tier for tier in TIERS}

Points = tuple[list[int], list[float]]


class Latest(NamedTuple):
    """The newest sample of a series. `reading` is a counter's own number, `value` its rate."""

    series: SeriesName
    at: datetime
    value: float | None
    reading: float


class MetricReader:
    """Reads measurements; the number of statements does not depend on how many there are."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def query(
        self,
        metric: str,
        resources: Sequence[uuid.UUID],
        labels: Labels,
        start: datetime,
        end: datetime,
        points: int = 300,
    ) -> QueryResult:
        """Return the series of a metric that carry the labels, in about so many points."""
        begin, finish = _span(start, end)
        if not 1 <= points <= MOST_POINTS:
            raise InvalidInput(f"Ask for 1 to {MOST_POINTS} points, not {points}.")
        names = [
            name
            for name in await self._names(resources, [metric])
            if set(labels) <= set(name.labels)
        ]
        if len(names) > MOST_SERIES:
            raise InvalidInput(
                f"{len(names)} series match; a chart shows at most {MOST_SERIES}.",
                fix="Name fewer resources, or more labels.",
            )
        shortest = min((name.interval for name in names), default=1)
        step = choose_step(max((finish - begin) / points, shortest))
        tiers = await self._tiers(names, step, begin)
        widest = max(tiers.values(), default=RAW)
        step = max(step, widest)
        first, last = begin // step, -(-finish // step)
        # Two steps more at the left, for the values that hold on into the range.
        span = ((first - 2) * step, last * step)
        head = await read_head(self._session, _resources(names), tiers, span)
        found: dict[int, Buckets] = {}
        for tier in set(tiers.values()):
            ids = [each for each, its in tiers.items() if its == tier]
            if tier == RAW:
                found |= await self._raw(ids, head, span, step)
            else:
                found |= await self._rolled(ids, head, span, _TIER[tier], step)
        return QueryResult(
            step,
            TIER_NAMES[widest],
            list(range(first * step, last * step, step)),
            [
                lay_out(name, found.get(name.id, Buckets()), first, last - first, step)
                for name in names
            ],
        )

    async def latest(
        self, resources: Sequence[uuid.UUID] | None, metrics: Sequence[str] | None = None
    ) -> list[Latest]:
        """Return the newest samples of some metrics (None: all) of some resources (None: all)."""
        names = await self._names(resources, metrics)
        query = select(MetricState.resource_id, MetricState.newest)
        if resources is not None:
            query = query.where(MetricState.resource_id.in_(resources))
        rows = await self._session.execute(query)
        newest = {resource_id: NewestSamples(packed) for resource_id, packed in rows}
        found = []
        for name in names:
            samples = newest.get(name.resource_id)
            place = samples.place.get(name.id) if samples else None
            if samples is None or place is None:
                continue
            at = datetime.fromtimestamp(samples.at[place] / 1000, UTC)
            found.append(Latest(name, at, samples.value_of(place), samples.reading[place]))
        return found

    async def metrics(self) -> list[MetricSummary]:
        """Return what is measured at all, by name."""
        table = MetricSeries
        rows = await self._session.execute(
            select(
                *(table.metric, table.unit, table.kind),
                *(func.count(table.resource_id.distinct()), func.count(table.id)),
            )
            .group_by(table.metric, table.unit, table.kind)
            .order_by(table.metric, table.kind, table.unit)
        )
        return [
            MetricSummary(metric=row[0], unit=row[1], kind=row[2], resources=row[3], series=row[4])
            for row in rows
        ]

    async def resources_of(self, metric: str) -> list[MetricResource]:
        """Return of which resources a metric is measured, by name; at most a thousand."""
        rows = await self._session.execute(
            select(Resource.id, Resource.kind, Resource.name, func.count())
            .join(MetricSeries, MetricSeries.resource_id == Resource.id)
            .where(MetricSeries.metric == metric)
            .group_by(Resource.id, Resource.kind, Resource.name)
            .order_by(func.lower(Resource.name), Resource.id)
            .limit(_MOST_RESOURCES)
        )
        return [MetricResource(id=row[0], kind=row[1], name=row[2], series=row[3]) for row in rows]

    async def list_series(self, resource_id: uuid.UUID) -> list[SeriesName]:
        """Return all series of a resource by name."""
        return await self._names([resource_id], None)

    async def _names(
        self, resources: Sequence[uuid.UUID] | None, metrics: Sequence[str] | None
    ) -> list[SeriesName]:
        table = MetricSeries
        query = select(
            *(table.id, table.resource_id, table.metric, table.labels),
            *(table.kind, table.unit, table.interval, table.since),
        ).order_by(table.resource_id, table.metric, table.labels, table.kind)
        if resources is not None:
            query = query.where(table.resource_id.in_(resources))
        if metrics is not None:
            query = query.where(table.metric.in_(metrics))
        return [
            SeriesName(*row[:3], parse_labels(row[3]), SeriesKind(row[4]), *row[5:])
            for row in await self._session.execute(query)
        ]

    async def _tiers(self, names: Sequence[SeriesName], step: int, begin: int) -> dict[int, int]:
        """Choose for each series which tier to read."""
        if not names:
            return {}
        ids = [name.id for name in names]
        begins: dict[int, dict[int, int]] = {each: {} for each in ids}
        raw = (
            select(MetricChunk.series_id, literal(RAW), func.min(MetricChunk.day))
            .where(MetricChunk.series_id.in_(ids))
            .group_by(MetricChunk.series_id)
        )
        rolled = (
            select(MetricRollup.series_id, MetricRollup.tier, func.min(MetricRollup.period))
            .where(MetricRollup.series_id.in_(ids))
            .group_by(MetricRollup.series_id, MetricRollup.tier)
        )
        for series_id, tier, oldest in await self._session.execute(union_all(raw, rolled)):
            begins[series_id][tier] = oldest * DAY * (_TIER[tier].days if tier != RAW else 1)
        if any(begin and RAW not in begin for begin in begins.values()):
            await self._add_head(names, begins)
        return {
            name.id: choose_tier(step, begins[name.id], max(begin, name.since)) for name in names
        }

    async def _add_head(
        self, names: Sequence[SeriesName], begins: dict[int, dict[int, int]]
    ) -> None:
        """After a long pause the raw samples of series may lie in the head alone."""
        rows = await self._session.execute(
            select(MetricHead.resource_id, func.min(MetricHead.at))
            .where(MetricHead.resource_id.in_(_resources(names)))
            .group_by(MetricHead.resource_id)
        )
        oldest = {each: begin for each, begin in rows if begin is not None}
        for name in names:
            if name.resource_id in oldest:
                begins[name.id].setdefault(RAW, oldest[name.resource_id])

    async def _raw(
        self, ids: Sequence[int], head: HeadPoints, span: tuple[int, int], step: int
    ) -> dict[int, Buckets]:
        rows = await self._session.execute(
            select(MetricChunk.series_id, MetricChunk.points)
            .where(
                MetricChunk.series_id.in_(ids),
                MetricChunk.day.between(span[0] // DAY, (span[1] - 1) // DAY),
            )
            .order_by(MetricChunk.series_id, MetricChunk.day)
        )
        packed = [(series_id, points) for series_id, points in rows]
        # Days of many series take seconds to unpack; meanwhile others are served.
        return await asyncio.to_thread(_unpacked, ids, packed, head, span, step)

    async def _rolled(
        self, ids: Sequence[int], head: HeadPoints, span: tuple[int, int], tier: Tier, step: int
    ) -> dict[int, Buckets]:
        first, last = span[0] // DAY, (span[1] - 1) // DAY
        rows = await self._session.execute(
            select(MetricRollup.series_id, MetricRollup.buckets)
            .where(
                MetricRollup.series_id.in_(ids),
                MetricRollup.tier == tier.seconds,
                MetricRollup.period.between(tier.period(first), tier.period(last)),
            )
            .order_by(MetricRollup.series_id, MetricRollup.period)
        )
        found = {each: Buckets() for each in ids}
        for series_id, packed in rows:
            found[series_id].extend(decode_buckets(packed))
        for (series_id, day), points in (await self._open_days(ids, head)).items():
            old = found[series_id]
            start, end = day * tier.buckets_a_day, (day + 1) * tier.buckets_a_day
            has_buckets = bool(between(old, start, end).index)
            if points.is_sealed or not has_buckets:
                # Otherwise the day's raw samples are gone, and a late one can not change it.
                fresh = roll_up(*points.points, tier.seconds)
                found[series_id] = replace_range(old, fresh, start, end)
        borders = (span[0] // tier.seconds, span[1] // tier.seconds)
        return {
            each: regroup(between(buckets, *borders), step // tier.seconds)
            for each, buckets in found.items()
        }

    async def _open_days(
        self, ids: Sequence[int], head: HeadPoints
    ) -> dict[tuple[int, int], "_OpenDay"]:
        """Return the days that have samples in the head, whole, as sealing would merge them."""
        days: dict[tuple[int, int], Points] = {}
        for each in ids:
            for at, value in zip(*head.by_series.get(each, ([], [])), strict=True):
                times, values = days.setdefault((each, at // DAY), ([], []))
                times.append(at)
                values.append(value)
        if not days:
            return {}
        rows = await self._session.execute(
            select(MetricChunk.series_id, MetricChunk.day, MetricChunk.points).where(
                MetricChunk.series_id.in_({each for each, _ in days}),
                MetricChunk.day.in_({day for _, day in days}),
            )
        )
        sealed = {(each, day): decode_points(packed) for each, day, packed in rows}
        return {
            key: _OpenDay(merge_points(sealed.get(key, ([], [])), points), key in sealed)
            for key, points in days.items()
        }


class _OpenDay(NamedTuple):
    points: Points
    is_sealed: bool


def _unpacked(
    ids: Sequence[int],
    packed: Iterable[tuple[int, bytes]],
    head: HeadPoints,
    span: tuple[int, int],
    step: int,
) -> dict[int, Buckets]:
    """Roll up the sealed days of series with what their head has; blocks."""
    sealed: dict[int, Points] = {each: ([], []) for each in ids}
    for series_id, points in packed:
        times, values = decode_points(points)
        sealed[series_id][0].extend(times)
        sealed[series_id][1].extend(values)
    found = {}
    for each in ids:
        times, values = merge_points(sealed[each], head.by_series.get(each, ([], [])))
        left, right = bisect_left(times, span[0]), bisect_left(times, span[1])
        found[each] = roll_up(times[left:right], values[left:right], step)
    return found


def _resources(names: Iterable[SeriesName]) -> list[uuid.UUID]:
    return list({name.resource_id for name in names})


def _span(start: datetime, end: datetime) -> tuple[int, int]:
    begin, finish = math.floor(start.timestamp()), math.ceil(end.timestamp())
    if finish <= begin:
        raise InvalidInput("The range ends before it begins.", fix="Swap `from` and `to`.")
    return begin, finish
