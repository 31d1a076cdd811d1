"""Databases as people read them: the list with its filters, one with its numbers, the counts."""

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import Resource, ResourceEdge
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseState
from app.models.infrastructure.monitored_server import MonitoredServer, ServerCredentialUse
from app.schemas.base import Page
from app.schemas.infrastructure.database_instance import (
    DatabaseDetail,
    DatabaseQuery,
    DatabaseRead,
    DatabaseSummary,
    FigureRead,
    StandsOnRead,
    TableRead,
)
from app.services.core.queries import contains, sorted_by
from app.services.infrastructure.databases.figures import KINDS, Figure, Reading, Table
from app.services.infrastructure.databases.logins import DatabaseNotFound
from app.services.infrastructure.databases.visits import purpose_of
from app.services.infrastructure.facts.databases.found import Door
from app.services.infrastructure.pools.ledger import STANDS_ON

_WORST_FIRST = case(
    {
        DatabaseState.OFFLINE: 0,
        DatabaseState.DEGRADED: 1,
        DatabaseState.NEEDS_CREDENTIALS: 2,
        DatabaseState.ONLINE: 3,
    },
    value=DatabaseInstance.state,
)
_SORTS = {
    "name": func.lower(DatabaseInstance.name),
    "server": func.lower(MonitoredServer.name),
    "state": _WORST_FIRST,
    "kind": DatabaseInstance.kind,
    "version": DatabaseInstance.version,
    "size": DatabaseInstance.size_bytes,
    "connections": DatabaseInstance.connections_percent,
    "lag": DatabaseInstance.lag_seconds,
    "last_read_at": DatabaseInstance.last_read_at,
}
_DEEPEST = 6


class DatabaseList:
    """Reads databases; a constant number of queries."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: DatabaseQuery) -> Page[DatabaseRead]:
        """Return one page of the databases that the query asks for."""
        wanted = _wanted(query)
        joined = MonitoredServer.id == DatabaseInstance.server_id
        total = await self._session.scalar(
            select(func.count(DatabaseInstance.id)).join(MonitoredServer, joined).where(*wanted)
        )
        rows = await self._session.execute(
            select(DatabaseInstance, MonitoredServer.name, MonitoredServer.status)
            .join(MonitoredServer, joined)
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "state", _SORTS, DatabaseInstance.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[DatabaseRead](
            items=[_read(row, server, status) for row, server, status in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, database_id: uuid.UUID) -> DatabaseDetail:
        """Return one database with its numbers, and what it stands on."""
        found = (
            await self._session.execute(
                select(DatabaseInstance, MonitoredServer.name, MonitoredServer.status)
                .join(MonitoredServer, MonitoredServer.id == DatabaseInstance.server_id)
                .where(DatabaseInstance.id == database_id)
            )
        ).one_or_none()
        if found is None:
            raise DatabaseNotFound("There is no database with this id.", fix="Reload the list.")
        row = found[0]
        readings = [_reading(row.reading), _reading(row.deep_reading)]
        credential_id = await self._session.scalar(
            select(ServerCredentialUse.credential_id).where(
                ServerCredentialUse.server_id == row.server_id,
                ServerCredentialUse.purpose == purpose_of(row.id),
            )
        )
        return DatabaseDetail(
            **_read(*found).model_dump(),
            doors=[Door.model_validate(door).words for door in row.doors],
            data_path=row.data_path,
            host_path=row.host_path,
            mountpoint=row.mountpoint,
            notes=row.notes,
            stands_on=await self._below(row.id),
            credential_id=credential_id,
            login_user=row.login_user,
            login_database=row.login_database,
            refusals=row.refusals,
            figures=[_figure(one) for reading in readings for one in reading.figures],
            tables=[_table(one) for reading in readings for one in reading.tables],
            problems=[one.message for one in readings[0].problems],
        )

    async def summary(self) -> DatabaseSummary:
        """Count the databases."""
        rows = (
            await self._session.execute(
                select(
                    DatabaseInstance.state,
                    DatabaseInstance.kind,
                    func.count(DatabaseInstance.id),
                    func.sum(DatabaseInstance.size_bytes),
                ).group_by(DatabaseInstance.state, DatabaseInstance.kind)
            )
        ).all()
        states: dict[str, int] = {}
        kinds: dict[str, int] = {}
        for state, kind, count, _ in rows:
            states[state] = states.get(state, 0) + count
            kinds[kind] = kinds.get(kind, 0) + count
        return DatabaseSummary(
            total=sum(states.values()),
            states=states,
            kinds=kinds,
            size_bytes=sum(int(size or 0) for *_, size in rows),
        )

    async def _below(self, database_id: uuid.UUID) -> list[StandsOnRead]:
        """Walk down the edges: one query for each step."""
        found: dict[uuid.UUID, StandsOnRead] = {}
        level: Collection[uuid.UUID] = [database_id]
        for _ in range(_DEEPEST):
            rows = await self._session.execute(
                select(Resource.id, Resource.kind, Resource.name)
                .join(ResourceEdge, ResourceEdge.target_id == Resource.id)
                .where(ResourceEdge.source_id.in_(level), ResourceEdge.kind == STANDS_ON)
                .order_by(Resource.name)
            )
            new = {row.id: StandsOnRead(id=row.id, kind=row.kind, name=row.name) for row in rows}
            level = [key for key in new if key not in found]
            found |= new
            if not level:
                break
        return list(found.values())


def _wanted(query: DatabaseQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.kind is not None:
        wanted.append(DatabaseInstance.kind == query.kind)
    if query.state is not None:
        wanted.append(DatabaseInstance.state == query.state)
    if query.server_id is not None:
        wanted.append(DatabaseInstance.server_id == query.server_id)
    if query.q:
        wanted.append(
            or_(contains(DatabaseInstance.name, query.q), contains(MonitoredServer.name, query.q))
        )
    return wanted


def _read(row: DatabaseInstance, server: str, status: str) -> DatabaseRead:
    columns = {name: getattr(row, name, None) for name in DatabaseRead.model_fields}
    return DatabaseRead.model_validate({**columns, "server_name": server, "server_status": status})


def _reading(text: str) -> Reading:
    return Reading.model_validate_json(text) if text else Reading()


def _figure(one: Figure) -> FigureRead:
    kind = KINDS[one.key]
    return FigureRead(
        key=one.key,
        title=kind.title,
        group=kind.group,
        unit=kind.unit,
        value=one.value,
        why=one.why,
        labels=dict(one.labels),
        metric=kind.metric,
        is_counter=kind.is_counter,
    )


def _table(one: Table) -> TableRead:
    return TableRead.model_validate(one.model_dump())
