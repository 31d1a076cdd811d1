"""A few words on each thing of a picture, from its domain's table."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.text import size_words
from app.models.infrastructure.filesystem import Filesystem
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to say of a thing in passing."""

    detail: str = ""
    missing_since: datetime | None = None


async def words_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Words]:
    """Read them; one query a kind of thing."""
    found: dict[uuid.UUID, Words] = {}
    for server in await session.execute(
        select(MonitoredServer.id, MonitoredServer.host).where(MonitoredServer.id.in_(ids))
    ):
        found[server.id] = Words(server.host)
    for drive in await session.execute(
        select(
            *(StorageDevice.id, StorageDevice.name, StorageDevice.media),
            *(StorageDevice.capacity_bytes, StorageDevice.missing_since),
        ).where(StorageDevice.id.in_(ids))
    ):
        parts = (drive.name, drive.media, _size(drive.capacity_bytes))
        found[drive.id] = Words(_joined(*parts), drive.missing_since)
    for pool in await session.execute(
        select(
            *(StoragePool.id, StoragePool.kind, StoragePool.layout),
            *(StoragePool.state, StoragePool.missing_since),
        ).where(StoragePool.id.in_(ids))
    ):
        parts = (pool.kind, pool.layout, pool.state)
        found[pool.id] = Words(_joined(*parts), pool.missing_since)
    for one in await session.execute(
        select(
            *(Filesystem.id, Filesystem.fstype),
            *(Filesystem.size_bytes, Filesystem.missing_since),
        ).where(Filesystem.id.in_(ids))
    ):
        found[one.id] = Words(_joined(one.fstype, _size(one.size_bytes)), one.missing_since)
    return found


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _size(number: int | None) -> str:
    return "" if number is None else size_words(number)
