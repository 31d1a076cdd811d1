"""The planner's page and the journal, as people read them."""

import uuid
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import Resource
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_action import ActionKind, StorageAction
from app.schemas.base import Page, PageQuery
from app.schemas.infrastructure.upkeep import ActionQuery, ActionRead, PlanRead
from app.services.infrastructure.upkeep.planner import Task, wait
from app.services.infrastructure.upkeep.plans import Plans, plans


class UpkeepList:
    """Reads plans and the journal."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plans(self, query: PageQuery, now: datetime, zone: tzinfo) -> Page[PlanRead]:
        """Return the schedules, the next one first."""
        found = await plans(self._session, now)
        rows = await self._session.execute(select(MonitoredServer.id, MonitoredServer.name))
        servers = dict(rows.all())
        wanted = query.q.lower()
        listed = [
            _plan(task, found, servers, now, zone)
            for task in sorted(found.tasks, key=lambda one: (one.due_at, one.resource_id))
            if wanted in found.names[task.resource_id].lower()
            or wanted in servers.get(task.server_id, "").lower()
        ]
        shown = listed[query.offset : query.offset + query.per_page]
        return Page[PlanRead](
            items=shown, total=len(listed), page=query.page, per_page=query.per_page
        )

    async def actions(self, query: ActionQuery) -> Page[ActionRead]:
        """Return the journal, the newest first."""
        wanted = _wanted(query)
        total = await self._session.scalar(select(func.count(StorageAction.id)).where(*wanted))
        rows = await self._session.execute(
            select(StorageAction, MonitoredServer.name, Resource.name, Resource.kind)
            .join(MonitoredServer, MonitoredServer.id == StorageAction.server_id)
            .join(Resource, Resource.id == StorageAction.resource_id)
            .where(*wanted)
            .order_by(StorageAction.started_at.desc(), StorageAction.id.desc())
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ActionRead](
            items=[_action(row, server, name, kind) for row, server, name, kind in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )


def _wanted(query: ActionQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.resource_id is not None:
        wanted.append(StorageAction.resource_id == query.resource_id)
    if query.server_id is not None:
        wanted.append(StorageAction.server_id == query.server_id)
    if query.state is not None:
        wanted.append(StorageAction.state == query.state)
    return wanted


def _action(row: StorageAction, server: str, name: str, kind: str) -> ActionRead:
    columns = {field: getattr(row, field, None) for field in ActionRead.model_fields}
    return ActionRead.model_validate(
        {**columns, "server_name": server, "resource_name": name, "resource_kind": kind}
    )


def _plan(
    task: Task, found: Plans, servers: dict[uuid.UUID, str], now: datetime, zone: tzinfo
) -> PlanRead:
    is_running = task.resource_id in found.running
    is_due = task.due_at <= now and not is_running
    return PlanRead(
        server_id=task.server_id,
        server_name=servers.get(task.server_id, ""),
        resource_id=task.resource_id,
        resource_kind="storage_pool" if task.kind is ActionKind.SCRUB else "storage_device",
        resource_name=found.names[task.resource_id],
        kind=task.kind,
        days=task.days,
        hour=task.hour,
        last_at=task.last_at,
        due_at=task.due_at,
        is_due=is_due,
        is_overdue=task.is_overdue(now),
        waits_for=wait(task, found.busy, now, zone) if is_due else "",
        is_running=is_running,
    )
