"""The words of the commands for one alert: this machine's devices, pools, databases and tools."""

import json
import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Alert
from app.models.core.resource import Resource, ResourceEdge, ResourceKind
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.database_instance import DatabaseInstance
from app.models.infrastructure.filesystem import Filesystem
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.schemas.infrastructure.commands import CommandName, CommandNames, CommandPart
from app.services.core.alerts.inbox import AlertNotFound
from app.services.core.facts import Rate
from app.services.infrastructure.container_engines import engine_of
from app.services.infrastructure.pools.ledger import STANDS_ON
from app.services.infrastructure.pools.write import root_detail_of
from app.services.infrastructure.topology import command_words as words

# The fact, what of it says which tool there is, and the word of the runbooks for it.
_TOOLS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("packages", "manager", {}),
    ("time_sync", "service", {"systemd": "timesyncd"}),
)

# The labels by which measurements name a pool.
_POOL_LABELS = {"zpool": PoolKind.ZFS, "vg": PoolKind.LVM}
_Found = tuple[list[CommandName], list[CommandPart]]


class AlertCommands:
    """Reads what the commands of a runbook need to know; a few queries for one alert."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, alert_id: uuid.UUID) -> CommandNames:
        """Return the words for one alert, or raise `AlertNotFound`."""
        found = (
            await self._session.execute(
                select(Alert, Resource)
                .join(Resource, Resource.id == Alert.resource_id)
                .where(Alert.id == alert_id)
            )
        ).one_or_none()
        if found is None:
            raise AlertNotFound("There is no alert with this id.", fix="Reload the list.")
        alert, resource = found
        server = await self._session.get(MonitoredServer, resource.server_id or resource.id)
        names, parts = await self._of(resource, alert)
        if server is not None:
            names += words.names(
                {
                    "host": words.quoted(server.host),
                    "port": str(server.port),
                    "login": words.quoted(server.username),
                }
            )
            parts += await self._tools(server.id)
        is_root = server is not None and server.username == "root"
        return CommandNames(is_root=is_root, names=names, parts=parts)

    async def _of(self, resource: Resource, alert: Alert) -> _Found:
        match resource.kind:
            case ResourceKind.STORAGE_DEVICE:
                drive = await self._session.get(StorageDevice, resource.id)
                return ([], []) if drive is None else await self._drive(drive)
            case ResourceKind.STORAGE_POOL:
                pool = await self._session.get(StoragePool, resource.id)
                return ([], []) if pool is None else _whole("pool", [_pool(pool)])
            case ResourceKind.DATABASE:
                database = await self._session.get(DatabaseInstance, resource.id)
                return ([], []) if database is None else await self._database(database)
            case ResourceKind.SERVER:
                return await self._named(resource.id, alert)
            case _:
                return [], []

    async def _named(self, server_id: uuid.UUID, alert: Alert) -> _Found:
        """Return the words for what an alert of a server names: a mount point, a disk or a pool."""
        labels = alert.labels
        for label, kind in _POOL_LABELS.items():
            if labels.get(label):
                return [], [await self._labelled(server_id, kind, labels[label], labels)]
        filesystem = await self._session.scalar(
            select(Filesystem).where(
                Filesystem.server_id == server_id,
                Filesystem.mountpoint == labels.get("mountpoint", alert.subject),
            )
        )
        if filesystem is not None:
            return await self._filesystem(filesystem)
        disk = labels.get("device", alert.subject).removeprefix("/dev/")
        drive = await self._session.scalar(
            select(StorageDevice).where(
                StorageDevice.server_id == server_id, StorageDevice.name == disk
            )
        )
        if drive is not None:
            return await self._drive(drive)
        pool = await self._session.scalar(
            select(StoragePool)
            .where(StoragePool.server_id == server_id, StoragePool.name == alert.subject)
            .order_by(StoragePool.id)
            .limit(1)
        )
        machine = words.part("machine", {})
        disk_words = words.names(words.of_named_disk(disk)) if disk else []
        return disk_words, [machine] if pool is None else [machine, _pool(pool)]

    async def _labelled(
        self, server_id: uuid.UUID, kind: PoolKind, name: str, labels: Mapping[str, str]
    ) -> CommandPart:
        """Return a pool that a measurement names, and the volume of it, also of one not entered."""
        pool = await self._session.scalar(
            select(StoragePool).where(
                StoragePool.server_id == server_id,
                StoragePool.kind == kind,
                StoragePool.name == name,
            )
        )
        known = {"pool": words.quoted(name)} if pool is None else _words_of(pool)
        if labels.get("lv"):
            known = {**known, "volume": words.quoted(f"{name}/{labels['lv']}")}
        return words.part(kind, known)

    async def _drive(self, drive: StorageDevice) -> _Found:
        pools = await self._session.scalars(
            select(StoragePool)
            .join(ResourceEdge, ResourceEdge.source_id == StoragePool.id)
            .where(ResourceEdge.target_id == drive.id, ResourceEdge.kind == STANDS_ON)
            .order_by(StoragePool.name)
        )
        known = words.of_drive(drive)
        parts = [_pool(pool, drive) for pool in pools] or [words.part(words.ALONE, known)]
        parts.append(words.part("drive", known))
        if drive.media:
            parts.append(words.part(drive.media, known))
        return words.names(known), parts

    async def _filesystem(self, one: Filesystem) -> _Found:
        pools = await self._session.scalars(
            select(StoragePool)
            .join(ResourceEdge, ResourceEdge.target_id == StoragePool.id)
            .where(ResourceEdge.source_id == one.id, ResourceEdge.kind == STANDS_ON)
            .order_by(StoragePool.name)
        )
        mount = {"mount": words.quoted(one.mountpoint), "source": words.quoted(one.device)}
        parts = {pool.kind.value: _pool(pool) for pool in pools}
        for kind, known in parts.items():
            parts[kind] = CommandPart(kind=kind, names=[*known.names, *words.names(mount)])
        if one.fstype in (PoolKind.ZFS, PoolKind.BTRFS):
            parts.setdefault(one.fstype, words.part(one.fstype, mount))
        if not parts:
            parts[words.ALONE] = words.part(words.ALONE, mount)
        return words.names(mount), list(parts.values())

    async def _database(self, row: DatabaseInstance) -> _Found:
        engine = await engine_of(self._session, row)
        return _whole("database", words.of_database(row, engine))

    async def _tools(self, server_id: uuid.UUID) -> list[CommandPart]:
        """Return which of the tools that runbooks tell apart the machine has."""
        text = await self._session.scalar(
            select(FactState.readings).where(
                FactState.server_id == server_id, FactState.rate == Rate.SLOW.value
            )
        )
        readings = json.loads(text) if text else {}
        found = []
        for fact, field, renamed in _TOOLS:
            value = readings.get(fact)
            word = value.get(field) if isinstance(value, dict) else None
            if isinstance(word, str) and word:
                found.append(words.part(renamed.get(word, word), {}))
        return found


def _whole(kind: str, parts: list[CommandPart]) -> _Found:
    """Return the parts of a thing that is the only one, with its words for every command."""
    return list(parts[0].names), [*parts, words.part(kind, {})]


def _words_of(pool: StoragePool, drive: StorageDevice | None = None) -> words.Words:
    return words.of_pool(pool, drive, root_detail_of(pool).datasets)


def _pool(pool: StoragePool, drive: StorageDevice | None = None) -> CommandPart:
    return words.part(pool.kind, _words_of(pool, drive))
