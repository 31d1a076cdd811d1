"""What people see of instances: lists, one with all it brought, its runs, its log, its pages."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.crypto import CannotOpen, Vault
from app.models.core.plugin import Plugin
from app.models.core.plugin_instance import PluginInstance
from app.models.core.plugin_log_line import PluginLogLine
from app.models.core.plugin_page import PluginPage
from app.models.core.plugin_run import PluginRun
from app.models.core.resource import Resource
from app.schemas.base import Page, PageQuery
from app.schemas.core.plugin_instance import (
    InstanceDetail,
    InstanceLogLine,
    InstanceQuery,
    InstanceRead,
    InstanceRun,
    PluginFact,
    PluginPageName,
    PluginPageRead,
)
from app.services.core.plugins.described import described
from app.services.core.plugins.errors import PluginInstanceNotFound, PluginPageNotFound
from app.services.core.plugins.opening import open_secrets
from app.services.core.queries import contains, sorted_by

T = TypeVar("T")
_SORTS = {
    "name": func.lower(PluginInstance.name),
    "plugin": PluginInstance.plugin,
    "state": PluginInstance.state,
    "last_run_at": PluginInstance.last_run_at,
    "next_due_at": PluginInstance.next_due_at,
}
_OFF = "off"


class InstanceViews:
    """Reads instances, within the reach of the request."""

    def __init__(self, session: AsyncSession, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def list(self, query: InstanceQuery) -> Page[InstanceRead]:
        """Return a page of instances, by name unless asked otherwise."""
        wanted = _wanted(query)
        order = sorted_by(query.sort or "name", _SORTS, PluginInstance.id)
        rows, total = await self._page(wanted.order_by(*order), query)
        titles, servers = await self._names(rows)
        return Page[InstanceRead](
            items=[_read(row, titles, servers) for row in rows],
            total=total,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, instance_id: uuid.UUID) -> InstanceDetail:
        """Return one with its configuration, facts and the names of its pages."""
        row = await self._row(instance_id)
        titles, servers = await self._names([row])
        pages = await self._session.execute(
            select(PluginPage.key, PluginPage.title)
            .where(PluginPage.instance_id == instance_id)
            .order_by(PluginPage.position)
        )
        try:
            secrets = open_secrets(self._vault, row, "name its secrets")
        except CannotOpen:
            secrets = {}
        return InstanceDetail(
            **dict(_read(row, titles, servers)),
            settings=row.settings,
            secrets_set=sorted(secrets),
            facts=[PluginFact.model_validate(fact) for fact in row.facts],
            pages=[PluginPageName(key=key, title=title) for key, title in pages],
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def runs(self, instance_id: uuid.UUID, query: PageQuery) -> Page[InstanceRun]:
        """Return a page of runs, the newest first."""
        await self._row(instance_id)
        wanted = select(PluginRun).where(PluginRun.instance_id == instance_id)
        if query.q:
            wanted = wanted.where(contains(PluginRun.detail, query.q))
        sorts = {"began_at": PluginRun.began_at, "took_ms": PluginRun.took_ms}
        order = sorted_by(query.sort or "-began_at", sorts, PluginRun.id)
        rows, total = await self._page(wanted.order_by(*order), query)
        items = [InstanceRun.model_validate(row) for row in rows]
        return Page[InstanceRun](items=items, total=total, page=query.page, per_page=query.per_page)

    async def logs(self, instance_id: uuid.UUID, query: PageQuery) -> Page[InstanceLogLine]:
        """Return a page of the log, the newest first."""
        await self._row(instance_id)
        wanted = select(PluginLogLine).where(PluginLogLine.instance_id == instance_id)
        if query.q:
            wanted = wanted.where(contains(PluginLogLine.text, query.q))
        sorts = {"at": PluginLogLine.at, "level": PluginLogLine.level}
        order = sorted_by(query.sort or "-at", sorts, PluginLogLine.id)
        rows, total = await self._page(wanted.order_by(*order), query)
        items = [InstanceLogLine.model_validate(row) for row in rows]
        return Page[InstanceLogLine](
            items=items, total=total, page=query.page, per_page=query.per_page
        )

    async def page(self, instance_id: uuid.UUID, key: str) -> PluginPageRead:
        """Return a page of data, as the last run brought it."""
        await self._row(instance_id)
        row = await self._session.scalar(
            select(PluginPage).where(PluginPage.instance_id == instance_id, PluginPage.key == key)
        )
        if row is None:
            raise PluginPageNotFound("The last run brought no page of this name.")
        return PluginPageRead.model_validate(
            {**row.document, "key": row.key, "title": row.title, "at": row.at}
        )

    async def _row(self, instance_id: uuid.UUID) -> PluginInstance:
        row = await self._session.get(PluginInstance, instance_id)
        if row is None:
            raise PluginInstanceNotFound("There is no instance with this id.")
        return row

    async def _names(
        self, rows: Sequence[PluginInstance]
    ) -> tuple[Mapping[str, str], Mapping[uuid.UUID, str]]:
        plugins = await self._session.scalars(
            select(Plugin).where(Plugin.name.in_({row.plugin for row in rows}))
        )
        titles = {row.name: described(row).manifest.title or row.name for row in plugins}
        ids = {row.server_id for row in rows if row.server_id is not None}
        servers = await self._session.execute(
            select(Resource.id, Resource.name).where(Resource.id.in_(ids))
        )
        return titles, {server_id: name for server_id, name in servers}  # noqa: C416 - rows, typed

    async def _page(self, wanted: Select[T], query: PageQuery) -> tuple[Sequence[T], int]:
        total = await self._session.scalar(
            select(func.count()).select_from(wanted.order_by(None).subquery())
        )
        rows = await self._session.scalars(wanted.offset(query.offset).limit(query.per_page))
        return rows.all(), total or 0


def _wanted(query: InstanceQuery) -> Select[PluginInstance]:
    wanted = select(PluginInstance)
    if query.plugin:
        wanted = wanted.where(PluginInstance.plugin == query.plugin)
    if query.server_id is not None:
        wanted = wanted.where(PluginInstance.server_id == query.server_id)
    if query.state == _OFF:
        wanted = wanted.where(PluginInstance.is_enabled.is_(False))
    elif query.state:
        wanted = wanted.where(PluginInstance.is_enabled, PluginInstance.state == query.state)
    if query.q:
        wanted = wanted.where(contains(PluginInstance.name, query.q))
    return wanted


def state_of(row: PluginInstance) -> str:
    """Return how an instance is, in a word."""
    return row.state if row.is_enabled else _OFF


def _read(
    row: PluginInstance, titles: Mapping[str, str], servers: Mapping[uuid.UUID, str]
) -> InstanceRead:
    return InstanceRead(
        id=row.id,
        name=row.name,
        plugin=row.plugin,
        plugin_title=titles.get(row.plugin, row.plugin),
        server_id=row.server_id,
        server_name=None if row.server_id is None else servers.get(row.server_id),
        is_enabled=row.is_enabled,
        every_seconds=row.every_seconds,
        state=state_of(row),
        problem=row.problem,
        problem_kind=row.problem_kind,
        fix=row.fix,
        summary=row.summary,
        failures=row.failures,
        last_run_at=row.last_run_at,
        last_ok_at=row.last_ok_at,
        next_due_at=row.next_due_at,
        took_ms=row.took_ms,
    )
