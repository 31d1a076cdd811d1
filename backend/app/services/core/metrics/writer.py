"""The way in: one append takes the samples of many resources in a handful of statements."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_head import MetricHead
from app.models.core.metric_series import MetricSeries
from app.models.core.metric_state import MetricState
from app.models.core.resource import Resource
from app.services.core.facts import Sample
from app.services.core.metrics.packing import to_bytes
from app.services.core.metrics.series import (
    MOST_SERIES,
    Key,
    KnownSeries,
    Labels,
    NewSeries,
    SeriesCache,
    create_series,
    is_storable,
    load_series,
    new_stamp,
    sorted_key,
)
from app.services.core.metrics.state import NewestSamples
from app.services.core.metrics.statements import insert_missing, table_of

_NAN = float("nan")
# Two intervals, and a little more for the jitter of the second collection.
_GAP = 2.1


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read from one resource at one time.

    `interval` is when these series are expected again.
    """

    resource_id: uuid.UUID
    at: datetime
    samples: Sequence[Sample]
    interval: timedelta


class Point(NamedTuple):
    """A value as it was stored: what alert rules look at."""

    series_id: int
    resource_id: uuid.UUID
    metric: str
    labels: Labels
    at: datetime
    value: float
    interval: int  # when the next one is expected, in seconds
    is_newest: bool  # not so for a late sample


@dataclass(slots=True)
class _Open:
    """One resource while its batches are taken in."""

    stamp: int
    newest: NewestSamples
    known: dict[Key, KnownSeries]
    room: int  # how many more series it may have
    is_changed: bool = False  # its series, so that the stamp has to change


class MetricWriter:
    """Appends samples inside the caller's transaction.

    Counters become rates: nothing for the first reading, after a reset, or after a gap of more
    than two intervals. A late sample of a gauge finds its place by its time; a late reading of a
    counter is not stored, for the rate over its time is already known. Of two samples at the same
    second the last one counts. After `append`, `rejected` says how many samples were refused:
    not finite, named too long, beyond the limit of series, or of a resource that is gone.
    """

    def __init__(self, session: AsyncSession, cache: SeriesCache | None = None) -> None:
        self._session = session
        self._cache = cache if cache is not None else SeriesCache()
        self.rejected = 0

    async def append(self, batches: Sequence[Batch]) -> list[Point]:
        """Store the batches; return the values that came of them."""
        ordered = sorted(batches, key=lambda batch: batch.at)
        resources = await self._open(sorted({batch.resource_id for batch in ordered}))
        kept = [batch for batch in ordered if batch.resource_id in resources]
        self.rejected += sum(len(b.samples) for b in ordered if b.resource_id not in resources)
        await self._name(kept, resources)
        points: list[Point] = []
        rows: list[dict[str, object]] = []
        slower: dict[int, int] = {}
        for batch in kept:
            row = self._take(batch, resources[batch.resource_id], points, slower)
            if row is not None:
                rows.append(row)
        if rows:
            await self._session.execute(insert(table_of(MetricHead)), rows)
        await self._save(resources, slower)
        return points

    async def _open(self, resource_ids: list[uuid.UUID]) -> dict[uuid.UUID, _Open]:
        """Lock the state rows, always in the same order, and make those that are missing."""
        states = await self._states(resource_ids)
        missing = [each for each in resource_ids if each not in states]
        if missing:
            self._cache.drop(missing)
            existing = await self._session.scalars(
                select(Resource.id).where(Resource.id.in_(missing)).order_by(Resource.id)
            )
            rows: list[dict[str, object]] = [
                {"resource_id": each, "stamp": new_stamp(), "newest": b""} for each in existing
            ]
            if rows:
                await insert_missing(self._session, MetricState, rows)
                states |= await self._states(missing)
        stale = {
            resource_id: stamp
            for resource_id, (stamp, _) in states.items()
            if not self._cache.is_fresh(resource_id, stamp)
        }
        await load_series(self._session, self._cache, stale)
        resources = {}
        for resource_id, (stamp, packed) in states.items():
            newest = NewestSamples(packed)
            known = self._cache.get(resource_id)
            resources[resource_id] = _Open(stamp, newest, known, MOST_SERIES - len(newest.series))
        return resources

    async def _states(self, resource_ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, bytes]]:
        rows = await self._session.execute(
            select(MetricState.resource_id, MetricState.stamp, MetricState.newest)
            .where(MetricState.resource_id.in_(resource_ids))
            .order_by(MetricState.resource_id)
            .with_for_update()
        )
        return {resource_id: (stamp, newest) for resource_id, stamp, newest in rows}

    async def _name(self, batches: Sequence[Batch], resources: dict[uuid.UUID, _Open]) -> None:
        """Make the series that these batches bring for the first time."""
        wanted: dict[tuple[uuid.UUID, Key], NewSeries] = {}
        aliases: list[tuple[uuid.UUID, Key, Key]] = []
        for batch in batches:
            resource = resources[batch.resource_id]
            known = resource.known
            for sample in batch.samples:
                key = (sample.metric, sample.labels, sample.is_counter)
                if key in known or not is_storable(key):
                    continue
                ordered = sorted_key(key)
                if ordered != key:
                    aliases.append((batch.resource_id, key, ordered))
                name = (batch.resource_id, ordered)
                if ordered in known or name in wanted or resource.room <= 0:
                    continue
                resource.room -= 1
                interval, since = _seconds(batch.interval), int(batch.at.timestamp())
                wanted[name] = NewSeries(*name, sample.unit, interval, since)
        if wanted:
            await create_series(self._session, list(wanted.values()))
            changed = {each: new_stamp() for each, _ in wanted}
            await load_series(self._session, self._cache, changed)
            for resource_id, stamp in changed.items():
                resource = resources[resource_id]
                resource.stamp = stamp
                resource.known = self._cache.get(resource_id)
        for resource_id, key, ordered in aliases:
            known = resources[resource_id].known
            if ordered in known:
                known[key] = known[ordered]

    def _take(
        self, batch: Batch, resource: _Open, points: list[Point], slower: dict[int, int]
    ) -> dict[str, object] | None:
        """Work through one batch; return its row of the head, if anything is left of it."""
        at = round(batch.at.timestamp() * 1000)
        interval = _seconds(batch.interval)
        newest, known = resource.newest, resource.known
        of, when = batch.resource_id, batch.at
        ids: list[int] = []
        values: list[float] = []
        for sample in batch.samples:
            metric, labels, reading = sample.metric, sample.labels, sample.value
            series = known.get((metric, labels, sample.is_counter))
            if series is None or not math.isfinite(reading):
                self.rejected += 1
                continue
            place = newest.place.get(series.id)
            is_newest = True
            if place is None:
                value = _NAN if sample.is_counter else reading
                newest.add(series.id, at, reading, value)
            else:
                elapsed = at - newest.at[place]
                if interval > series.interval and elapsed > _GAP * 1000 * series.interval:
                    slower[series.id] = series.interval = interval
                    resource.is_changed = True
                value = reading
                if sample.is_counter:
                    longest = _GAP * 1000 * max(series.interval, interval)
                    value = _rate(newest.reading[place], reading, elapsed, longest)
                # A late sample is stored under its own time, but is not the newest.
                is_newest = elapsed > 0 or (elapsed == 0 and not sample.is_counter)
                if is_newest:
                    newest.at[place] = at
                    newest.reading[place] = reading
                    newest.value[place] = value
            if value == value:  # noqa: PLR0124 - not NaN: a counter that has a rate, or a gauge
                ids.append(series.id)
                values.append(value)
                points.append(
                    # Positions, for there are many.
                    Point(series.id, of, metric, labels, when, value, series.interval, is_newest)
                )
        if not ids:
            return None
        return {
            "resource_id": batch.resource_id,
            "at": at // 1000,
            "series": to_bytes("I", ids),
            "readings": to_bytes("d", values),
        }

    async def _save(self, resources: dict[uuid.UUID, _Open], slower: dict[int, int]) -> None:
        """Write the state rows back, under a new stamp where series were made or changed."""
        if slower:
            await self._session.execute(
                update(table_of(MetricSeries))
                .where(MetricSeries.id == bindparam("series_id"))
                .values(interval=bindparam("seconds")),
                [{"series_id": each, "seconds": seconds} for each, seconds in slower.items()],
            )
        rows: list[dict[str, object]] = []
        for resource_id, resource in resources.items():
            if resource.is_changed:
                resource.stamp = new_stamp()
                self._cache.restamp(resource_id, resource.stamp)
            rows.append(
                {"of": resource_id, "new": resource.stamp, "samples": resource.newest.pack()}
            )
        if rows:
            await self._session.execute(
                update(table_of(MetricState))
                .where(MetricState.resource_id == bindparam("of"))
                .values(stamp=bindparam("new"), newest=bindparam("samples")),
                rows,
            )


def _seconds(interval: timedelta) -> int:
    return max(1, round(interval.total_seconds()))


def _rate(before: float, now: float, elapsed: int, longest: float) -> float:
    """Return the growth per second, or NaN where none can be told.

    Six digits are what the time of a collection is good for; more would only cost space.
    """
    if elapsed <= 0 or elapsed > longest or now < before:
        return _NAN
    return float(f"{(now - before) * 1000 / elapsed:.6g}")
