"""Maintenance: windows that open by the clock, and the mode of one resource."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.alert_silence import AlertWindow
from app.models.core.resource import Resource
from app.schemas.core.silence import (
    Maintenance,
    SpanRead,
    WindowPreview,
    WindowRead,
    WindowWrite,
)
from app.services.core.alerts.quiet import QuietKeeper
from app.services.core.alerts.quiet_reader import schedule_of, windowed
from app.services.core.alerts.silences import SilenceService
from app.services.core.alerts.windows import Schedule, Span, check, next_spans, open_span
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.resources import ResourceNotFound

_SHOWN = 5
_LONGEST = timedelta(days=366)


class WindowNotFound(NotFound):
    """No maintenance window has this id."""


class WindowNameTaken(Conflict):
    """Another maintenance window has this name."""


class MaintenanceNotValid(InvalidInput):
    """Maintenance cannot last until then."""


class MaintenanceService:
    """Reads and changes windows, and puts resources into maintenance."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self) -> Sequence[WindowRead]:
        """Return all windows by name."""
        rows = await self._session.scalars(select(AlertWindow).order_by(AlertWindow.name))
        return [self._read(row) for row in rows]

    async def create(self, actor: Actor, wish: WindowWrite) -> WindowRead:
        """Enter a window."""
        check(_schedule(wish))
        await self._check_name(wish.name, None)
        now = self._clock.now()
        row = AlertWindow(id=uuid7(), author_name=actor.name, created_at=now, **_values(wish))
        row.updated_at = now
        self._session.add(row)
        return await self._changed(actor, row, "window.created")

    async def edit(self, actor: Actor, window_id: uuid.UUID, wish: WindowWrite) -> WindowRead:
        """Change a window."""
        row = await self._find(window_id)
        check(_schedule(wish))
        await self._check_name(wish.name, window_id)
        for name, value in _values(wish).items():
            setattr(row, name, value)
        row.updated_at = self._clock.now()
        return await self._changed(actor, row, "window.edited")

    async def delete(self, actor: Actor, window_id: uuid.UUID) -> None:
        """Take a window away."""
        row = await self._find(window_id)
        await self._session.delete(row)
        await self._changed(actor, row, "window.deleted")

    async def preview(self, wish: WindowWrite) -> WindowPreview:
        """Return when it would be open, and which open alerts it is about."""
        schedule = _schedule(wish)
        check(schedule)
        silences = SilenceService(self._session, self._clock, self._audit)
        spans = next_spans(schedule, self._clock.now(), _SHOWN)
        return WindowPreview(next=_spans(spans), effect=await silences.effect(wish.matchers))

    async def set_maintenance(
        self, actor: Actor, resource_id: uuid.UUID, wish: Maintenance
    ) -> None:
        """Keep a resource, and all that hangs on it, quiet until a time; None ends it now."""
        resource, now = await self._session.get(Resource, resource_id), self._clock.now()
        if resource is None:
            raise ResourceNotFound("There is no resource with this id.")
        if wish.until is not None and not now < wish.until <= now + _LONGEST:
            raise MaintenanceNotValid(
                "Maintenance ends within a year from now.", fix="Take a time in between."
            )
        resource.maintenance_until, resource.updated_at = wish.until, now
        await self._session.flush()
        await QuietKeeper(self._session, self._clock).refresh()
        await self._audit.record(
            actor,
            "resource.maintenance_set" if wish.until else "resource.maintenance_ended",
            kind=resource.kind,
            object_id=resource.id,
            name=resource.name,
            details={"until": wish.until.isoformat() if wish.until else None},
            resource_id=resource.id,
            reason=wish.reason,
        )

    async def _find(self, window_id: uuid.UUID) -> AlertWindow:
        row = await self._session.get(AlertWindow, window_id)
        if row is None:
            raise WindowNotFound("There is no maintenance window with this id.")
        return row

    async def _check_name(self, name: str, own: uuid.UUID | None) -> None:
        found = await self._session.scalar(select(AlertWindow.id).where(AlertWindow.name == name))
        if found is not None and found != own:
            raise WindowNameTaken(f"There is a window named {name!r} already.")

    async def _changed(self, actor: Actor, row: AlertWindow, action: str) -> WindowRead:
        await self._session.flush()
        await QuietKeeper(self._session, self._clock).refresh()
        await self._audit.record(
            actor,
            action,
            kind="window",
            object_id=row.id,
            name=row.name,
            details={
                "zone": row.zone,
                "start": row.start,
                "duration_seconds": row.duration_seconds,
                "rule": row.rule,
                "matchers": row.matchers,
                "is_enabled": row.is_enabled,
            },
            reason=row.reason,
        )
        return self._read(row)

    def _read(self, row: AlertWindow) -> WindowRead:
        schedule, now = schedule_of(row), self._clock.now()
        is_open = row.is_enabled and open_span(schedule, now) is not None
        return WindowRead(
            id=row.id,
            name=row.name,
            is_enabled=row.is_enabled,
            zone=row.zone,
            start=row.start,
            duration_seconds=row.duration_seconds,
            rule=row.rule,
            matchers=[*windowed(row).matchers],
            reason=row.reason,
            author=row.author_name,
            is_open=is_open,
            next=_spans(next_spans(schedule, now, _SHOWN)) if row.is_enabled else [],
        )


def _schedule(wish: WindowWrite) -> Schedule:
    start = wish.start.replace(second=0, microsecond=0)
    return Schedule(wish.zone, start, timedelta(seconds=wish.duration_seconds), wish.rule)


def _values(wish: WindowWrite) -> dict[str, object]:
    matchers: list[JsonValue] = [one.model_dump(mode="json") for one in wish.matchers]
    return {
        "name": wish.name,
        "is_enabled": wish.is_enabled,
        "zone": wish.zone,
        "start": wish.start.strftime("%Y-%m-%dT%H:%M"),
        "duration_seconds": wish.duration_seconds,
        "rule": wish.rule,
        "matchers": matchers,
        "reason": wish.reason,
    }


def _spans(spans: Sequence[Span]) -> list[SpanRead]:
    return [SpanRead(start=one.start, end=one.end) for one in spans]
