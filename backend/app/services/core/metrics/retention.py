"""Retention: what is past its time goes, in small transactions, and its place is used again.

The file of SQLite does not shrink: as much is sealed each day as is deleted, so that it stays at
its greatest size, and giving pages back to the file system would only scatter the next ones.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries
from app.models.core.metric_state import MetricState
from app.services.core.metrics.series import new_stamp
from app.services.core.metrics.state import NewestSamples
from app.services.core.metrics.tiers import DAY, FIVE_MINUTES, HOUR, TIERS
from app.services.core.retention import Kept, defaults_of, entered, series_of, series_of_none

_ROWS_AT_ONCE = 2000
# A series that was not read for so long is no longer part of its resource: an unplugged disk.
FORGOTTEN_AFTER_DAYS = 2
_STATES_AT_ONCE = 200


class Retention:
    """Deletes old samples, forgets series that come no more, and removes empty ones."""

    def __init__(self, database: Database, settings: MetricsPart) -> None:
        self._database = database
        self._settings = settings

    async def delete_old(self, today: int) -> int:
        """Delete chunks and periods that ended before their tier's time; return how many.

        Each kind of resource may have times of its own; where none has, no series is looked at.
        """
        usual = defaults_of(self._settings)
        async with self._database.snapshot() as session:
            rows = await entered(session)
        own = {kind: usual.with_own(row) for kind, row in rows.items()}
        own = {kind: kept for kind, kept in own.items() if kept.widths != usual.widths}
        deleted = 0
        for kind, kept in own.items():
            deleted += await self._delete_of(today, kept, series_of(kind))
        others = series_of_none(list(own)) if own else None
        return deleted + await self._delete_of(today, usual, others)

    async def _delete_of(self, today: int, kept: Kept, which: ColumnElement[bool] | None) -> int:
        deleted = 0
        while found := await self._delete_chunks(today - kept.raw_days, which):
            deleted += found
        days = {FIVE_MINUTES: kept.five_minute_days, HOUR: kept.hour_days, DAY: kept.day_days}
        for tier in TIERS:
            oldest = tier.period(today - days[tier.seconds])
            while found := await self._delete_rollups(tier.seconds, oldest, which):
                deleted += found
        return deleted

    async def forget(self) -> int:
        """Take series out of the state rows that are no longer read; return how many rows."""
        changed = 0
        after = uuid.UUID(int=0)
        while True:
            async with self._database.snapshot() as session:
                rows = (
                    await session.execute(
                        select(MetricState.resource_id, MetricState.newest)
                        .where(MetricState.resource_id > after)
                        .order_by(MetricState.resource_id)
                        .limit(_STATES_AT_ONCE)
                    )
                ).all()
            if not rows:
                return changed
            after = rows[-1][0]
            for resource_id, packed in rows:
                if _forget(NewestSamples(packed)):
                    await self._forget_one(resource_id)
                    changed += 1

    async def delete_empty(self) -> int:
        """Delete series of which nothing is left; return how many."""
        has_chunk = exists().where(MetricChunk.series_id == MetricSeries.id)
        has_rollup = exists().where(MetricRollup.series_id == MetricSeries.id)
        empty = (
            select(MetricSeries.resource_id, MetricSeries.id)
            .where(~has_chunk, ~has_rollup)
            .order_by(MetricSeries.resource_id)
        )
        candidates: dict[uuid.UUID, list[int]] = {}
        async with self._database.snapshot() as session:
            for resource_id, series_id in await session.execute(empty):
                candidates.setdefault(resource_id, []).append(series_id)
        deleted = 0
        for resource_id, ids in candidates.items():
            deleted += await self._delete_series(resource_id, ids)
        return deleted

    async def _delete_chunks(self, before: int, which: ColumnElement[bool] | None) -> int:
        key = (MetricChunk.series_id, MetricChunk.day)
        async with self._database.transaction() as session:
            # The inner query reads the index of the key only, not the chunks.
            old = select(*key).where(MetricChunk.day < before).limit(_ROWS_AT_ONCE)
            if which is not None:
                old = old.where(MetricChunk.series_id.in_(select(MetricSeries.id).where(which)))
            gone = await session.scalars(
                delete(MetricChunk).where(tuple_(*key).in_(old)).returning(MetricChunk.day),
                execution_options={"synchronize_session": False},
            )
            return len(gone.all())

    async def _delete_rollups(
        self, tier: int, before: int, which: ColumnElement[bool] | None
    ) -> int:
        key = (MetricRollup.series_id, MetricRollup.tier, MetricRollup.period)
        async with self._database.transaction() as session:
            old = (
                select(*key)
                .where(MetricRollup.tier == tier, MetricRollup.period < before)
                .limit(_ROWS_AT_ONCE)
            )
            if which is not None:
                old = old.where(MetricRollup.series_id.in_(select(MetricSeries.id).where(which)))
            gone = await session.scalars(
                delete(MetricRollup).where(tuple_(*key).in_(old)).returning(MetricRollup.period),
                execution_options={"synchronize_session": False},
            )
            return len(gone.all())

    async def _forget_one(self, resource_id: uuid.UUID) -> None:
        async with self._database.transaction() as session:
            newest = await _lock(session, resource_id)
            if newest is not None and _forget(newest):
                await session.execute(
                    update(MetricState)
                    .where(MetricState.resource_id == resource_id)
                    .values(newest=newest.pack())
                )

    async def _delete_series(self, resource_id: uuid.UUID, ids: Sequence[int]) -> int:
        """Delete series that are neither stored nor awaited; other processes' caches go stale."""
        async with self._database.transaction() as session:
            newest = await _lock(session, resource_id)
            awaited = newest.place if newest is not None else {}
            gone = [each for each in ids if each not in awaited]
            if gone:
                await session.execute(delete(MetricSeries).where(MetricSeries.id.in_(gone)))
                await session.execute(
                    update(MetricState)
                    .where(MetricState.resource_id == resource_id)
                    .values(stamp=new_stamp())
                )
        return len(gone)


async def _lock(session: AsyncSession, resource_id: uuid.UUID) -> NewestSamples | None:
    packed = await session.scalar(
        select(MetricState.newest).where(MetricState.resource_id == resource_id).with_for_update()
    )
    return None if packed is None else NewestSamples(packed)


def _forget(newest: NewestSamples) -> bool:
    """Measured from the newest sample: a machine that is off altogether keeps its last picture."""
    if not newest.at:
        return False
    return newest.forget_before(max(newest.at) - FORGOTTEN_AFTER_DAYS * DAY * 1000)
