"""The ledger of the topology: file systems, and edges to what things stand on, cycle by cycle."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, event, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceEdge, ResourceKind
from app.models.infrastructure.filesystem import Filesystem
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.core.alerts.incidents import AlertChange
from app.services.core.facts import Rate
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.facts.block_devices import BlockDevices
from app.services.infrastructure.facts.filesystems import Filesystem as Mounted
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.pools.ledger import STANDS_ON
from app.services.infrastructure.pools.places import DriveFinder
from app.services.infrastructure.pools.view import PoolView, views_of
from app.services.infrastructure.topology.layout import Ground, Stack, mounted

# What was unmounted for so long is not coming back; its history goes with it.
FORGOTTEN_AFTER = timedelta(days=30)
# Their reports are long, and nothing here reads them.
_OF_POOLS = (
    *(StoragePool.server_id, StoragePool.kind, StoragePool.name),
    *(StoragePool.identity, StoragePool.missing_since),
)
_OF_DRIVES = (
    *(StorageDevice.server_id, StorageDevice.name, StorageDevice.path),
    *(StorageDevice.wwn, StorageDevice.serial, StorageDevice.state),
)
_AWAY = (DeviceState.MISSING, DeviceState.GONE)
# Another process may have written something else of the machine meanwhile.
_WRITTEN_AGAIN = timedelta(minutes=30)
Edge = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one machine showed this time."""

    filesystems: Sequence[Mounted] | None = None
    devices: BlockDevices | None = None
    pools: Mapping[PoolKind, Sequence[PoolView]] = field(default_factory=dict)


class TopologyLedger:
    """A sink of the collection, after those of drives and pools. One for a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Machines are rebuilt seldom: what is shown again as it was written is not written again.
        self._written: dict[uuid.UUID, tuple[datetime, int]] = {}

    async def store(
        self, session: AsyncSession, results: Sequence[CycleResult]
    ) -> Sequence[AlertChange]:
        """Write which file systems are there, and what stands on what. Nothing is told."""
        shown = {
            result.claim.server_id: one
            for result in results
            if result.rate is not Rate.LIVE and (one := _shown(result)) is not None
        }
        looks = {server_id: _look(one) for server_id, one in shown.items()}
        changed = {
            server_id: one
            for server_id, one in shown.items()
            if not self._is_known(server_id, looks[server_id])
        }
        if changed:
            await session.flush()
            book = _Book(session, self._clock)
            await book.load(list(changed))
            for server_id, one in changed.items():
                await book.enter(server_id, one)
            await book.write_edges()
            event.listen(
                session.sync_session,
                "after_commit",
                lambda _: self._remember({each: looks[each] for each in changed}),
                once=True,
            )
        return ()

    def _is_known(self, server_id: uuid.UUID, look: int) -> bool:
        at, known = self._written.get(server_id, (None, 0))
        return at is not None and known == look and self._clock.now() - at < _WRITTEN_AGAIN

    def _remember(self, looks: Mapping[uuid.UUID, int]) -> None:
        now = self._clock.now()
        self._written |= {server_id: (now, look) for server_id, look in looks.items()}


def _shown(result: CycleResult) -> _Shown | None:
    listed = next((one for one in result.values.values() if isinstance(one, BlockDevices)), None)
    table = result.values.get("filesystems")
    filesystems = mounted(table) if isinstance(table, Filesystems) else None
    if listed is None and filesystems is None:
        return None
    return _Shown(filesystems, listed, views_of(result.values))


def _look(shown: _Shown) -> int:
    """Return a number for all that the ledger writes of it; how full things are is not in it."""
    mounts = [
        (one.mountpoint, one.device, one.fstype, one.size_bytes) for one in shown.filesystems or ()
    ]
    devices = shown.devices.model_dump_json() if shown.devices is not None else ""
    members = [
        (kind, view.identity, view.name, tuple((one.name, one.path) for one in view.members))
        for kind, views in shown.pools.items()
        for view in views
    ]
    return hash((shown.filesystems is None, tuple(mounts), devices, tuple(members)))


class _Book:
    """The file systems, pools, drives and edges of some servers, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._now = clock.now()
        self._filesystems: dict[uuid.UUID, dict[str, Filesystem]] = defaultdict(dict)
        self._pools: dict[uuid.UUID, list[StoragePool]] = defaultdict(list)
        self._drives: dict[uuid.UUID, list[StorageDevice]] = defaultdict(list)
        self._edges: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        self._wanted: dict[uuid.UUID, set[uuid.UUID]] = {}

    async def load(self, server_ids: Sequence[uuid.UUID]) -> None:
        """Read all that stands; four statements for any number of servers."""
        for found in await self._session.scalars(
            select(Filesystem).where(Filesystem.server_id.in_(server_ids))
        ):
            self._filesystems[found.server_id][found.mountpoint] = found
        for pool in await self._session.scalars(
            select(StoragePool)
            .where(StoragePool.server_id.in_(server_ids))
            .options(load_only(*_OF_POOLS, raiseload=True))
        ):
            self._pools[pool.server_id].append(pool)
        for drive in await self._session.scalars(
            select(StorageDevice)
            .where(
                StorageDevice.server_id.in_(server_ids),
                StorageDevice.state != DeviceState.RETIRED,
            )
            .options(load_only(*_OF_DRIVES, raiseload=True))
        ):
            self._drives[drive.server_id].append(drive)
        kinds = (ResourceKind.FILESYSTEM, ResourceKind.STORAGE_POOL)
        edges = await self._session.execute(
            select(ResourceEdge.source_id, ResourceEdge.target_id)
            .join(Resource, Resource.id == ResourceEdge.source_id)
            .where(
                Resource.server_id.in_(server_ids),
                Resource.kind.in_(kinds),
                ResourceEdge.kind == STANDS_ON,
            )
        )
        for source, target in edges:
            self._edges[source].add(target)

    async def enter(self, server_id: uuid.UUID, shown: _Shown) -> None:
        """Write the file systems of a server, and note what stands on what."""
        known = {
            Ground(name, pool.kind) for pool in self._pools[server_id] for name in _names(pool)
        }
        imported = [
            pool.name
            for pool in self._pools[server_id]
            if pool.kind == PoolKind.ZFS and pool.missing_since is None
        ]
        stack = Stack(shown.devices, known, imported) if shown.devices is not None else None
        if shown.filesystems is not None:
            await self._enter_filesystems(server_id, shown.filesystems)
            for one in shown.filesystems:
                row = self._filesystems[server_id][one.mountpoint[:1000]]
                grounds = _grounds(one, stack)
                if grounds is not None:
                    self._wanted[row.id] = self._found(server_id, grounds)
        for kind, views in shown.pools.items():
            for view in views:
                self._place_pool(server_id, kind, view, stack)

    async def _enter_filesystems(self, server_id: uuid.UUID, there: Sequence[Mounted]) -> None:
        known = self._filesystems[server_id]
        new = [one for one in there if one.mountpoint[:1000] not in known]
        for one in there:
            row = known.get(one.mountpoint[:1000])
            if row is not None:
                row.device, row.fstype = one.device[:300], one.fstype[:40]
                row.size_bytes, row.missing_since = one.size_bytes, None
        await self._add(server_id, new)
        names = {one.mountpoint[:1000] for one in there}
        for row in [row for name, row in known.items() if name not in names]:
            await self._miss(row)

    async def _add(self, server_id: uuid.UUID, new: Sequence[Mounted]) -> None:
        if not new:
            return
        stamps = {"created_at": self._now, "updated_at": self._now}
        rows = [
            Filesystem(
                id=uuid7(),
                server_id=server_id,
                mountpoint=one.mountpoint[:1000],
                device=one.device[:300],
                fstype=one.fstype[:40],
                size_bytes=one.size_bytes,
                **stamps,
            )
            for one in new
        ]
        resources = [
            {
                "id": row.id,
                "kind": ResourceKind.FILESYSTEM,
                "name": row.mountpoint[:255],
                "parent_id": server_id,
                "server_id": server_id,
                **stamps,
            }
            for row in rows
        ]
        await self._session.execute(insert(Resource), resources)
        self._session.add_all(rows)
        await self._session.flush()
        self._filesystems[server_id] |= {row.mountpoint: row for row in rows}

    async def _miss(self, row: Filesystem) -> None:
        if row.missing_since is None:
            row.missing_since = self._now
        elif self._now - row.missing_since > FORGOTTEN_AFTER:
            await self._session.execute(delete(Resource).where(Resource.id == row.id))
            await self._session.delete(row)

    def _place_pool(
        self, server_id: uuid.UUID, kind: PoolKind, view: PoolView, stack: Stack | None
    ) -> None:
        row = next(
            (
                one
                for one in self._pools[server_id]
                if one.kind == kind and one.identity == view.identity[:300]
            ),
            None,
        )
        if row is None:
            return
        own = Ground(view.identity if kind is PoolKind.BTRFS else view.name, kind)
        found: set[uuid.UUID] = set()
        finder = DriveFinder(self._drives[server_id])
        for one in view.members:
            if not one.is_leaf:
                continue
            names = [name for name in (one.path, one.name) if name]
            grounds = stack.under_member(names, own) if stack is not None else set()
            found |= self._found(server_id, grounds)
            if not grounds:
                drive = finder.find(one.name, one.path)
                found |= {drive} if drive is not None else set()
        self._wanted[row.id] = found - {row.id}

    def _found(self, server_id: uuid.UUID, grounds: set[Ground]) -> set[uuid.UUID]:
        return {one for ground in grounds for one in self._of(server_id, ground)}

    def _of(self, server_id: uuid.UUID, ground: Ground) -> Iterator[uuid.UUID]:
        if ground.pool is None:
            for drive in self._drives[server_id]:
                if drive.name == ground.name and drive.state == DeviceState.PRESENT:
                    yield drive.id
            return
        for pool in self._pools[server_id]:
            if pool.kind == ground.pool and ground.name in (pool.name, pool.identity):
                yield pool.id

    async def write_edges(self) -> None:
        """Bring the edges to what was seen; those to a drive that is away stay."""
        await self._session.flush()
        away = {
            drive.id for drives in self._drives.values() for drive in drives if drive.state in _AWAY
        }
        for source, wanted in self._wanted.items():
            stale = self._edges[source] - wanted - away
            if stale:
                await self._session.execute(
                    delete(ResourceEdge).where(
                        ResourceEdge.source_id == source,
                        ResourceEdge.target_id.in_(stale),
                        ResourceEdge.kind == STANDS_ON,
                    )
                )
        self._session.add_all(
            ResourceEdge(id=uuid7(), source_id=source, target_id=target, kind=STANDS_ON)
            for source, wanted in self._wanted.items()
            for target in sorted(wanted - self._edges[source])
        )
        await self._session.flush()


def _names(pool: StoragePool) -> tuple[str, str]:
    return pool.name, pool.identity


def _grounds(one: Mounted, stack: Stack | None) -> set[Ground] | None:
    """Return what a file system stands on, or None when that could not be asked this time."""
    if one.fstype == "zfs":
        return {Ground(one.device.split("/", 1)[0], PoolKind.ZFS)}
    return None if stack is None else stack.under_filesystem(one)
