"""The ledger of pools: takes in what the machines show, in the transaction of their cycle."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.resource import ResourceKind
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.alerts.types import Observation
from app.services.core.facts import Trouble
from app.services.core.resources import NewResource, ResourceService
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.facts.btrfs import BtrfsFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.pool_round import PoolReadings
from app.services.infrastructure.pools.conditions import observe_missing, observe_pool
from app.services.infrastructure.pools.remembered import remember, with_names
from app.services.infrastructure.pools.verdicts import judge_pool
from app.services.infrastructure.pools.view import PoolView, views_of
from app.services.infrastructure.pools.write import (
    kept_of,
    root_detail_of,
    write_reasons,
    write_root_detail,
)

STANDS_ON = "stands_on"
_WITHOUT_DATES = frozenset({PoolKind.MD, PoolKind.LVM})
_CHECKS = frozenset({"check", "repair"})
# They are read from files of the kernel, so what is not there is not hidden by a missing program.
_OF_THE_KERNEL: Mapping[str, PoolKind] = {
    MdArraysFact.name: PoolKind.MD,
    BtrfsFact.name: PoolKind.BTRFS,
}
Shown = Mapping[uuid.UUID, Mapping[PoolKind, Sequence[PoolView]]]


class PoolLedger:
    """A sink of the collection. One for a process."""

    def __init__(self, clock: Clock, alerts: AlertEngine) -> None:
        self._clock = clock
        self._alerts = alerts

    async def store(
        self, session: AsyncSession, results: Sequence[CycleResult]
    ) -> Sequence[AlertChange]:
        """Write which pools are there, and how they are."""
        shown = {result.claim.server_id: _shown(result) for result in results}
        shown = {server_id: kinds for server_id, kinds in shown.items() if kinds}
        asked = {one.claim.server_id: one.pools for one in results if one.pools is not None}
        if not shown and not asked:
            return ()
        register = _Register(session, self._clock)
        await register.load([*shown, *asked])
        observations = await register.enter(shown)
        observations += register.enrich(asked)
        if not observations:
            return ()
        await session.flush()
        return await self._alerts.take(session, observations)


def _shown(result: CycleResult) -> Mapping[PoolKind, Sequence[PoolView]]:
    """Return the pools by kind: none of a kind where there were some, and the kernel has none."""
    found = views_of(result.values)
    absent = {one.fact for one in result.troubles if one.trouble is Trouble.ABSENT}
    for fact, kind in _OF_THE_KERNEL.items():
        if fact in absent and fact in result.claim.kept:
            found.setdefault(kind, [])
    return found


class _Register:
    """The pools of some servers, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._now = clock.now()
        self._resources = ResourceService(session, clock)
        self._rows: dict[tuple[uuid.UUID, str, str], StoragePool] = {}

    async def load(self, server_ids: Sequence[uuid.UUID]) -> None:
        rows = await self._session.scalars(
            select(StoragePool).where(StoragePool.server_id.in_(server_ids))
        )
        self._rows = {(row.server_id, row.kind, row.identity): row for row in rows}

    async def enter(self, shown: Shown) -> list[Observation]:
        """Write all pools; return what is to be told of them."""
        found: list[Observation] = []
        for server_id, kinds in shown.items():
            for kind, views in kinds.items():
                there = [await self._write(server_id, view, found) for view in views]
                found += self._miss(server_id, kind, {row.id for row in there})
        return found

    def enrich(self, asked: Mapping[uuid.UUID, PoolReadings]) -> list[Observation]:
        """Write what only root was told; return what is to be told of it."""
        found: list[Observation] = []
        for row in self._rows.values():
            readings = asked.get(row.server_id)
            if readings is None or row.missing_since is not None or not row.detail:
                continue
            if not write_root_detail(row, readings, self._now):
                continue
            view = PoolView.model_validate_json(row.detail)
            loud = write_reasons(row, judge_pool(view, self._now, kept_of(row)), self._now)
            found.append(observe_pool(row.id, row.name, loud))
        return found

    async def _write(
        self, server_id: uuid.UUID, view: PoolView, found: list[Observation]
    ) -> StoragePool:
        row = self._known(server_id, view)
        if row is None:
            row = await self._add(server_id, view)
        elif row.name != view.name:
            await self._resources.rename(row.id, view.name[:255])
        is_well_known = row.detail != "" and not row.reasons and row.missing_since is None
        before = PoolView.model_validate_json(row.detail) if row.detail else None
        if view.kind is PoolKind.BTRFS and row.root_detail:
            view = with_names(view, root_detail_of(row).device_names)
        view = remember(view, before, self._now)
        self._fill(row, view)
        loud = write_reasons(row, judge_pool(view, self._now, kept_of(row)), self._now)
        if row.reasons or not is_well_known:
            found.append(observe_pool(row.id, row.name, loud))
        return row

    def _known(self, server_id: uuid.UUID, view: PoolView) -> StoragePool | None:
        """Return the row of a pool; by its name where one of the two knows no number of it.

        An md array that does not run has no UUID, and of a ZFS pool that was imported a moment ago
        the tools know the state before the number.
        """
        found = self._rows.get((server_id, view.kind, view.identity))
        if found is not None:
            return found
        for (place, kind, identity), row in self._rows.items():
            is_named = row.name == view.name and view.name in (identity, view.identity)
            if place == server_id and kind == view.kind and is_named:
                if identity == view.name:
                    row.identity = view.identity[:300]
                    self._rows[server_id, view.kind, view.identity] = self._rows.pop(
                        (place, kind, identity)
                    )
                return row
        return None

    async def _add(self, server_id: uuid.UUID, view: PoolView) -> StoragePool:
        now = self._now
        row = StoragePool(
            id=uuid7(),
            server_id=server_id,
            kind=view.kind,
            identity=view.identity[:300],
            name=view.name[:255],
            state=view.state[:40],
            detail="",
            reasons=[],
            acknowledged={},
            activity="",
            scrub_days=0,
            first_seen_at=now,
            last_seen_at=now,
            created_at=now,
            updated_at=now,
        )
        kind, name = ResourceKind.STORAGE_POOL, row.name
        await self._resources.create(
            NewResource(row.id, kind, name, parent_id=server_id, server_id=server_id)
        )
        self._session.add(row)
        self._rows[server_id, view.kind, view.identity] = row
        return row

    def _fill(self, row: StoragePool, view: PoolView) -> None:
        if view.kind in _WITHOUT_DATES and row.activity in _CHECKS and view.activity not in _CHECKS:
            # md and LVM keep no date of their last check, so its end is noted when it is seen.
            row.last_scrub_at, row.last_scrub_errors = self._now, view.mismatches
        row.name, row.layout, row.state = view.name[:255], view.layout[:60], view.state[:40]
        row.size_bytes, row.used_bytes = view.size_bytes, view.used_bytes
        row.used_percent = view.used_percent
        row.fragmentation_percent = view.fragmentation_percent
        row.activity, row.activity_percent = view.activity[:30], view.activity_percent
        row.activity_ends_at = self._ends(view)
        # A scrub that ended is remembered while the next pass, or a resilver, hides it.
        row.last_scrub_at = view.last_scrub_at or row.last_scrub_at
        if view.last_scrub_errors is not None:
            row.last_scrub_errors = view.last_scrub_errors
        row.last_seen_at, row.missing_since = self._now, None
        detail = view.model_dump_json(exclude_defaults=True)
        row.detail = detail

    def _ends(self, view: PoolView) -> datetime | None:
        if view.activity_seconds_left is None or view.activity_seconds_left > 10**8:
            return None
        return self._now + timedelta(seconds=view.activity_seconds_left)

    def _miss(
        self, server_id: uuid.UUID, kind: PoolKind, there: set[uuid.UUID]
    ) -> Iterator[Observation]:
        for row in self._rows.values():
            if row.server_id != server_id or row.kind != kind or row.id in there:
                continue
            if row.missing_since is None:
                row.missing_since = self._now
                row.level, row.level_since = "unknown", self._now
            told = observe_missing(row.id, row.name, kind, row.missing_since, self._now)
            if told is not None:
                yield told
