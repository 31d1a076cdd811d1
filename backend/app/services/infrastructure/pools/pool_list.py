"""Pools as people read them: the list with its filters, one with its members, the counts."""

import uuid

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import NotFound
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.schemas.base import Page
from app.schemas.infrastructure.storage_pool import (
    DatasetRead,
    PoolDetail,
    PoolMemberRead,
    PoolNote,
    PoolQuery,
    PoolRead,
    PoolReasonRead,
    PoolSummary,
    VolumeRead,
)
from app.services.core.queries import contains, sorted_by
from app.services.infrastructure.pools.notes import notes_of
from app.services.infrastructure.pools.places import DriveFinder
from app.services.infrastructure.pools.scrubs import place_of
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.pools.words import growth_words
from app.services.infrastructure.pools.write import root_detail_of
from app.services.infrastructure.storage.rules import RANK

_WORST_FIRST = case(
    {level.value: -rank for level, rank in RANK.items()}, value=StoragePool.level, else_=0
)
_SORTS = {
    "name": func.lower(StoragePool.name),
    "server": func.lower(MonitoredServer.name),
    "level": _WORST_FIRST,
    "kind": StoragePool.kind,
    "size": StoragePool.size_bytes,
    "used": StoragePool.used_percent,
    "last_scrub_at": StoragePool.last_scrub_at,
}


class PoolNotFound(NotFound):
    """No pool has this id."""


class PoolList:
    """Reads pools; the number of queries does not grow with the rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: PoolQuery) -> Page[PoolRead]:
        """Search pools by name or server."""
        wanted = _wanted(query)
        joined = MonitoredServer.id == StoragePool.server_id
        total = await self._session.scalar(
            select(func.count(StoragePool.id)).join(MonitoredServer, joined).where(*wanted)
        )
        rows = await self._session.execute(
            select(StoragePool, MonitoredServer.name)
            .join(MonitoredServer, joined)
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "level", _SORTS, StoragePool.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[PoolRead](
            items=[_read(row, server) for row, server in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, pool_id: uuid.UUID) -> PoolDetail:
        """Return one pool with its members, and the drives that they lie on."""
        row, server = await self._find(pool_id)
        drives = (
            await self._session.scalars(
                select(StorageDevice).where(StorageDevice.server_id == row.server_id)
            )
        ).all()
        finder = DriveFinder(drives)
        view, root = PoolView.model_validate_json(row.detail), root_detail_of(row)
        members = [
            PoolMemberRead.model_validate(
                {
                    **one.model_dump(),
                    "note": "; ".join(filter(None, (one.note, growth_words(one)))),
                    "device_id": finder.find(one.name, one.path) if one.is_leaf else None,
                }
            )
            for one in view.members
        ]
        return PoolDetail(
            **_read(row, server).model_dump(),
            status=view.status,
            action=view.action,
            message_id=view.message_id,
            data_errors=view.data_errors,
            mismatches=view.mismatches,
            cannot_scrub=place_of(view).why_not,
            notes=[PoolNote(name=name, value=value) for name, value in notes_of(row, view)],
            members=members,
            volumes=[VolumeRead.model_validate(one.model_dump()) for one in view.volumes],
            datasets=[DatasetRead.model_validate(one) for one in root.datasets],
            datasets_read_at=root.read_at if root.datasets else None,
        )

    async def summary(self) -> PoolSummary:
        """Count the pools by verdict."""
        rows = await self._session.execute(
            select(
                StoragePool.level,
                func.count(StoragePool.id),
                func.sum(StoragePool.size_bytes),
                func.sum(StoragePool.used_bytes),
                func.sum(case((StoragePool.activity != "", 1), else_=0)),
            ).group_by(StoragePool.level)
        )
        found = rows.all()
        return PoolSummary(
            total=sum(count for _, count, *_ in found),
            levels={level: count for level, count, *_ in found},
            size_bytes=sum(int(size or 0) for _, _, size, *_ in found),
            used_bytes=sum(int(used or 0) for _, _, _, used, _ in found),
            busy=sum(int(busy or 0) for *_, busy in found),
        )

    async def _find(self, pool_id: uuid.UUID) -> tuple[StoragePool, str]:
        found = (
            await self._session.execute(
                select(StoragePool, MonitoredServer.name)
                .join(MonitoredServer, MonitoredServer.id == StoragePool.server_id)
                .where(StoragePool.id == pool_id)
            )
        ).one_or_none()
        if found is None:
            raise PoolNotFound("There is no pool with this id.", fix="Reload the list.")
        return found[0], found[1]


def _wanted(query: PoolQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.kind is not None:
        wanted.append(StoragePool.kind == query.kind)
    if query.level:
        wanted.append(StoragePool.level == query.level)
    if query.server_id is not None:
        wanted.append(StoragePool.server_id == query.server_id)
    if query.q:
        wanted.append(
            or_(contains(StoragePool.name, query.q), contains(MonitoredServer.name, query.q))
        )
    return wanted


def _read(row: StoragePool, server: str) -> PoolRead:
    columns = {name: getattr(row, name, None) for name in PoolRead.model_fields}
    reasons = [
        PoolReasonRead.model_validate({**one, "is_acknowledged": bool(one.get("is_acknowledged"))})
        for one in row.reasons
    ]
    return PoolRead.model_validate({**columns, "server_name": server, "reasons": reasons})
