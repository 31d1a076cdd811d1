"""Sealing: rows of the head become chunks of one series and day, and their roll-ups.

A day's roll-ups are always made from all of its samples, in the same transaction as its chunk,
so that both agree whenever either is read. Late samples re-open a day by lying in the head.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import bindparam, delete, func, select, update

from app.kernel.database import Database
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_head import MetricHead
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries
from app.models.core.metric_state import MetricState
from app.services.core.metrics.codec import (
    Buckets,
    decode_buckets,
    decode_points,
    encode_buckets,
    encode_points,
)
from app.services.core.metrics.head import HeadPoints, merge_points
from app.services.core.metrics.rollups import between, is_worth_it, replace_range, roll_up
from app.services.core.metrics.series import new_stamp
from app.services.core.metrics.statements import Rows, table_of, upsert
from app.services.core.metrics.tiers import DAY, FIVE_MINUTES, TIERS, Tier

# A day is sealed when it is so long over. What is sealed of it before keeps charts fast: a row of
# the head costs a query as much as a chunk does.
GRACE = 600
ROWS_BEFORE_SEALING = 360
SECONDS_BEFORE_SEALING = 6 * 3600
_ROWS_AT_ONCE = 1500
# Fewer samples in a day do not tell how often a series is read.
_ENOUGH = 10

Points = tuple[list[int], list[float]]


@dataclass(frozen=True, slots=True)
class Unit:
    """What is sealed in one transaction: a resource's rows of one day."""

    resource_id: uuid.UUID
    day: int


@dataclass(slots=True)
class _Material:
    """What is read before a unit is sealed."""

    rows: list[int] = field(default_factory=list)
    head: HeadPoints = field(default_factory=HeadPoints)
    chunks: dict[int, bytes] = field(default_factory=dict)
    rollups: dict[tuple[int, int], bytes] = field(default_factory=dict)  # by series and tier
    intervals: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Sealed:
    """What is written for it."""

    chunks: list[dict[str, object]] = field(default_factory=list)
    rollups: list[dict[str, object]] = field(default_factory=list)
    faster: dict[int, int] = field(default_factory=dict)  # series that come at shorter intervals
    too_late: int = 0


class _Outrun(Exception):
    """Another process has sealed the same rows."""


class Sealer:
    """Seals what is due, a unit at a time: read, compress in a thread, write if still unchanged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: int) -> list[Unit]:
        """Return what has to be sealed, the oldest day first."""
        day = (MetricHead.at - MetricHead.at % DAY).label("day")
        query = select(MetricHead.resource_id, day, func.count(), func.min(MetricHead.at)).group_by(
            MetricHead.resource_id, day
        )
        async with self._database.snapshot() as session:
            rows = (await session.execute(query)).all()
        units = [
            Unit(resource_id, start // DAY)
            for resource_id, start, count, oldest in rows
            if start + DAY + GRACE <= now
            or count > ROWS_BEFORE_SEALING
            or oldest + SECONDS_BEFORE_SEALING <= now
        ]
        return sorted(units, key=lambda unit: (unit.day, unit.resource_id))

    async def seal(self, unit: Unit) -> int:
        """Seal a unit; return how many rows of the head it took, 0 when another was faster."""
        material = await self._read(unit)
        if not material.rows:
            return 0
        sealed = await asyncio.to_thread(_seal, unit.day, material)
        try:
            await self._write(unit, material.rows, sealed)
        except _Outrun:
            return 0
        return len(material.rows)

    async def _read(self, unit: Unit) -> _Material:
        material = _Material()
        async with self._database.snapshot() as session:
            rows = await session.execute(
                select(MetricHead.id, MetricHead.at, MetricHead.series, MetricHead.readings)
                .where(
                    MetricHead.resource_id == unit.resource_id,
                    MetricHead.at >= unit.day * DAY,
                    MetricHead.at < (unit.day + 1) * DAY,
                )
                .order_by(MetricHead.id)
                .limit(_ROWS_AT_ONCE)
            )
            for row_id, at, series, readings in rows:
                material.rows.append(row_id)
                material.head.take(at, series, readings)
            ids = sorted(material.head.by_series)
            known = await session.execute(
                select(MetricSeries.id, MetricSeries.interval).where(MetricSeries.id.in_(ids))
            )
            material.intervals = {each: interval for each, interval in known}  # noqa: C416 - dict() loses the types
            chunks = await session.execute(
                select(MetricChunk.series_id, MetricChunk.points).where(
                    MetricChunk.series_id.in_(ids), MetricChunk.day == unit.day
                )
            )
            material.chunks = {each: points for each, points in chunks}  # noqa: C416 - dict() loses the types
            for tier in TIERS:
                rollups = await session.execute(
                    select(MetricRollup.series_id, MetricRollup.buckets).where(
                        MetricRollup.series_id.in_(ids),
                        MetricRollup.tier == tier.seconds,
                        MetricRollup.period == tier.period(unit.day),
                    )
                )
                material.rollups |= {(each, tier.seconds): packed for each, packed in rollups}
        return material

    async def _write(self, unit: Unit, rows: list[int], sealed: _Sealed) -> None:
        async with self._database.transaction() as session:
            # Whoever takes all the rows has the right to write. A second sealer, started after a
            # lease ran out, finds fewer than it had read, and its work is thrown away.
            taken = await session.scalars(
                delete(table_of(MetricHead))
                .where(MetricHead.id.in_(rows))
                .returning(table_of(MetricHead).c.id)
            )
            if len(taken.all()) != len(rows):
                raise _Outrun
            if sealed.chunks:
                await upsert(session, MetricChunk, sealed.chunks)
                await upsert(session, MetricRollup, sealed.rollups)
            if sealed.faster:
                # The state row first, as the writer does it: no two wait for each other.
                await session.execute(
                    update(table_of(MetricState))
                    .where(MetricState.resource_id == unit.resource_id)
                    .values(stamp=new_stamp())
                )
                await session.execute(
                    update(table_of(MetricSeries))
                    .where(MetricSeries.id == bindparam("of"))
                    .values(interval=bindparam("seconds")),
                    [{"of": each, "seconds": found} for each, found in sealed.faster.items()],
                )


def _seal(day: int, material: _Material) -> _Sealed:
    """Merge, compress and roll up: pure, and long enough to need a thread of its own."""
    sealed = _Sealed()
    for series_id, fresh in material.head.by_series.items():
        if series_id not in material.intervals:
            continue  # deleted in the meantime
        packed = material.chunks.get(series_id)
        if packed is None and _is_rolled(day, series_id, material.rollups):
            # The day's raw samples are past their time; its roll-ups can not be made anew.
            sealed.too_late += len(fresh[0])
            continue
        points = merge_points(decode_points(packed) if packed else ([], []), fresh)
        sealed.chunks.append({"series_id": series_id, "day": day, "points": encode_points(*points)})
        sealed.rollups += _rollups(day, series_id, points, material.rollups)
        found = usual_interval(points[0])
        if found is not None and found * 2 < material.intervals[series_id]:
            sealed.faster[series_id] = found
    return sealed


def _rollups(
    day: int, series_id: int, points: Points, old: Mapping[tuple[int, int], bytes]
) -> Rows:
    rows: list[dict[str, object]] = []
    for tier in TIERS:
        packed = old.get((series_id, tier.seconds))
        fresh = roll_up(*points, tier.seconds)
        is_new = tier.seconds == FIVE_MINUTES and not packed
        if is_new and not is_worth_it(len(points[0]), len(fresh.index)):
            continue
        merged = replace_range(
            decode_buckets(packed) if packed else Buckets(), fresh, *_of(day, tier)
        )
        rows.append(
            {
                "series_id": series_id,
                "tier": tier.seconds,
                "period": tier.period(day),
                "buckets": encode_buckets(merged),
            }
        )
    return rows


def _is_rolled(day: int, series_id: int, old: Mapping[tuple[int, int], bytes]) -> bool:
    packed = old.get((series_id, DAY))
    return packed is not None and bool(between(decode_buckets(packed), day, day + 1).index)


def _of(day: int, tier: Tier) -> tuple[int, int]:
    return day * tier.buckets_a_day, (day + 1) * tier.buckets_a_day


def usual_interval(times: Iterable[int]) -> int | None:
    """Return the interval that 19 of 20 samples of a day keep, if there are enough to tell."""
    distances = sorted(after - before for before, after in pairwise(times))
    if len(distances) < _ENOUGH:
        return None
    return max(1, distances[len(distances) * 19 // 20])
