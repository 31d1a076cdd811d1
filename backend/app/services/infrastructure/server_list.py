"""Servers as people read them: the list with its filters, and one."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.models.credentials.server_credential import ServerCredential
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.collection import ServerSummary
from app.models.infrastructure.monitored_server import (
    MonitoredServer,
    ServerCredentialUse,
    ServerStatus,
)
from app.schemas.base import Page
from app.schemas.infrastructure.server import ServerQuery, ServerRead
from app.services.core.labels import labels_of
from app.services.core.queries import contains, sorted_by
from app.services.core.resources import in_group, with_tag
from app.services.infrastructure.current_status import current_status
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.status import shown
from app.services.infrastructure.targets import SUDO

_WORST_FIRST = (
    ServerStatus.OFFLINE,
    ServerStatus.DEGRADED,
    ServerStatus.UNKNOWN,
    ServerStatus.ONLINE,
    ServerStatus.DISABLED,
)
_SORTS = {
    "name": func.lower(MonitoredServer.name),
    "host": MonitoredServer.host,
    "last_seen_at": MonitoredServer.last_seen_at,
    "created_at": MonitoredServer.created_at,
}
# What the last cycles measured; only a list in one of these orders joins their table.
_MEASURED = {
    "cpu_percent": ServerSummary.cpu_percent,
    "memory_percent": ServerSummary.memory_percent,
    "filesystem_percent": ServerSummary.filesystem_percent,
}
_JUMP = aliased(MonitoredServer)
_Row = Select[MonitoredServer, str | None, str | None, str | None, uuid.UUID | None]


class ServerList:
    """Reads servers; the number of queries does not grow with the rows."""

    def __init__(self, session: AsyncSession, clock: Clock, standard_seconds: float) -> None:
        self._session = session
        self._clock = clock
        self._standard_seconds = standard_seconds

    async def get(self, server_id: uuid.UUID) -> ServerRead:
        """Return one server, or raise `ServerNotFound`."""
        found = await self._read(_select().where(MonitoredServer.id == server_id))
        if not found:
            raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
        return found[0]

    async def page(self, query: ServerQuery) -> Page[ServerRead]:
        """Search by name or host, by status, tag and group."""
        status = await current_status(self._session, self._clock.now(), self._standard_seconds)
        worst_first = case(
            {status.value: rank for rank, status in enumerate(_WORST_FIRST)}, value=status
        )
        wanted = _wanted(query, status)
        total = await self._session.scalar(select(func.count(MonitoredServer.id)).where(*wanted))
        statement = _ordered(_select().where(*wanted), query.sort or "name", worst_first)
        found = await self._read(statement.offset(query.offset).limit(query.per_page))
        return Page[ServerRead](
            items=[*found], total=total or 0, page=query.page, per_page=query.per_page
        )

    async def _read(self, statement: _Row) -> Sequence[ServerRead]:
        rows = (await self._session.execute(statement)).all()
        labels = await labels_of(self._session, [row[0].id for row in rows])
        return [
            ServerRead.model_validate(
                {
                    **{column: getattr(server, column) for column in _COLUMNS},
                    **self._now_true(server),
                    "ssh_key_name": key_name,
                    "credential_name": credential_name,
                    "jump_server_name": jump_name,
                    "sudo_credential_id": sudo_credential_id,
                    "tags": labels.tags(server.id),
                    "groups": labels.groups(server.id),
                }
            )
            for server, key_name, credential_name, jump_name, sudo_credential_id in rows
        ]

    def _now_true(self, server: MonitoredServer) -> dict[str, object]:
        """Judge again: what was stored may be too old to count."""
        verdict = shown(server, self._clock.now(), self._standard_seconds)
        return {
            "status": verdict.status,
            "reason": verdict.reason,
            "reason_kind": verdict.kind,
            "fix": verdict.fix,
        }


_COLUMNS = tuple(
    column.key
    for column in MonitoredServer.__table__.columns
    if column.key in ServerRead.model_fields
)


def _select() -> _Row:
    return (
        select(
            MonitoredServer,
            SSHKey.name,
            ServerCredential.name,
            _JUMP.name,
            ServerCredentialUse.credential_id,
        )
        .outerjoin(SSHKey, SSHKey.id == MonitoredServer.ssh_key_id)
        .outerjoin(ServerCredential, ServerCredential.id == MonitoredServer.credential_id)
        .outerjoin(_JUMP, _JUMP.id == MonitoredServer.jump_server_id)
        .outerjoin(
            ServerCredentialUse,
            (ServerCredentialUse.server_id == MonitoredServer.id)
            & (ServerCredentialUse.purpose == SUDO),
        )
    )


def _ordered(statement: _Row, sort: str, worst_first: ColumnElement[int]) -> _Row:
    columns = {**_SORTS, **_MEASURED, "status": worst_first}
    first, *rest = sorted_by(sort, columns, MonitoredServer.id)
    if sort.removeprefix("-") not in _MEASURED:
        return statement.order_by(first, *rest)
    # A server without the number is neither the busiest nor the idlest, whatever the engine thinks.
    return statement.outerjoin(
        ServerSummary, ServerSummary.server_id == MonitoredServer.id
    ).order_by(first.nulls_last(), *rest)


def _wanted(query: ServerQuery, status: ColumnElement[str]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.status is not None:
        wanted.append(status == query.status.value)
    if query.tag:
        wanted.append(MonitoredServer.id.in_(with_tag(query.tag)))
    if query.group:
        wanted.append(MonitoredServer.id.in_(in_group(query.group)))
    if query.q:
        wanted.append(
            contains(MonitoredServer.name, query.q) | contains(MonitoredServer.host, query.q)
        )
    return wanted
