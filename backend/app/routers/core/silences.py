"""Silences, maintenance windows, and the maintenance of one resource."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.silence import (
    Maintenance,
    MatchersEffect,
    MatchersPreview,
    SilenceQuery,
    SilenceRead,
    SilenceWrite,
    WindowPreview,
    WindowRead,
    WindowWrite,
)
from app.services.core.alerts.maintenance import MaintenanceService
from app.services.core.alerts.quiet import TOPIC
from app.services.core.alerts.silences import SilenceService
from app.services.core.audit import AuditLog
from app.services.core.permissions import P

router = APIRouter(tags=["alerts"])


def _silence_reader(platform: PlatformDep, session: ReadSession) -> SilenceService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return SilenceService(session, platform.clock, audit)


def _silences(
    platform: PlatformDep, session: WriteSession, background: BackgroundTasks
) -> SilenceService:
    # After the commit the open pages ask again which alerts are quiet.
    background.add_task(platform.live.publish, TOPIC, {"event": "quiet"})
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return SilenceService(session, platform.clock, audit)


def _window_reader(platform: PlatformDep, session: ReadSession) -> MaintenanceService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return MaintenanceService(session, platform.clock, audit)


def _windows(
    platform: PlatformDep, session: WriteSession, background: BackgroundTasks
) -> MaintenanceService:
    background.add_task(platform.live.publish, TOPIC, {"event": "quiet"})
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return MaintenanceService(session, platform.clock, audit)


SilenceReader = Annotated[SilenceService, Depends(_silence_reader)]
Silences = Annotated[SilenceService, Depends(_silences)]
WindowReader = Annotated[MaintenanceService, Depends(_window_reader)]
Windows = Annotated[MaintenanceService, Depends(_windows)]


@router.get(
    "/api/alerts/silences",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List silences",
    responses=documented(401, 403, 422),
)
async def list_silences(
    silences: SilenceReader, query: Annotated[SilenceQuery, Query()]
) -> Page[SilenceRead]:
    """List silences, the one that ends last first, with what each keeps quiet now."""
    return await silences.list(query)


@router.post(
    "/api/alerts/silences",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Silence alerts",
    responses=documented(401, 403, 422),
)
async def create_silence(
    actor: CurrentActor, silences: Silences, wish: SilenceWrite
) -> SilenceRead:
    """Tell nobody of the alerts that fit; what still fires at the end is told then."""
    return await silences.create(actor, wish)


@router.post(
    "/api/alerts/silences/preview",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Try matchers out",
    responses=documented(401, 403, 422),
)
async def preview_silence(silences: SilenceReader, wish: MatchersPreview) -> MatchersEffect:
    """Return the open alerts that matchers fit now."""
    return await silences.effect(wish.matchers)


@router.get(
    "/api/alerts/silences/{silence_id}",
    dependencies=[requires(P.ALERTS_READ)],
    summary="One silence",
    responses=documented(401, 403, 404, 422),
)
async def get_silence(silence_id: uuid.UUID, silences: SilenceReader) -> SilenceRead:
    """Return one silence."""
    return await silences.get(silence_id)


@router.put(
    "/api/alerts/silences/{silence_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Edit a silence",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_silence(
    silence_id: uuid.UUID, actor: CurrentActor, silences: Silences, wish: SilenceWrite
) -> SilenceRead:
    """Change a silence that is not over."""
    return await silences.edit(actor, silence_id, wish)


@router.delete(
    "/api/alerts/silences/{silence_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End a silence",
    responses=documented(401, 403, 404, 409, 422),
)
async def end_silence(silence_id: uuid.UUID, actor: CurrentActor, silences: Silences) -> None:
    """End a silence now; it stays in the list of those that are over."""
    await silences.end(actor, silence_id)


@router.get(
    "/api/alerts/windows",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List maintenance windows",
    responses=documented(401, 403),
)
async def list_windows(windows: WindowReader) -> Sequence[WindowRead]:
    """List all windows by name, each with its next times."""
    return await windows.list()


@router.post(
    "/api/alerts/windows",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a maintenance window",
    responses=documented(401, 403, 409, 422),
)
async def create_window(actor: CurrentActor, windows: Windows, wish: WindowWrite) -> WindowRead:
    """Add a window: once, or again and again by a rule of RFC 5545."""
    return await windows.create(actor, wish)


@router.post(
    "/api/alerts/windows/preview",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Try a maintenance window out",
    responses=documented(401, 403, 422),
)
async def preview_window(windows: WindowReader, wish: WindowWrite) -> WindowPreview:
    """Return when a window would be open, and which open alerts it is about."""
    return await windows.preview(wish)


@router.put(
    "/api/alerts/windows/{window_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Edit a maintenance window",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_window(
    window_id: uuid.UUID, actor: CurrentActor, windows: Windows, wish: WindowWrite
) -> WindowRead:
    """Change a window."""
    return await windows.edit(actor, window_id, wish)


@router.delete(
    "/api/alerts/windows/{window_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a maintenance window",
    responses=documented(401, 403, 404, 422),
)
async def delete_window(window_id: uuid.UUID, actor: CurrentActor, windows: Windows) -> None:
    """Delete a window."""
    await windows.delete(actor, window_id)


@router.put(
    "/api/resources/{resource_id}/maintenance",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Put a resource into maintenance",
    responses=documented(401, 403, 404, 422),
)
async def set_maintenance(
    resource_id: uuid.UUID, actor: CurrentActor, windows: Windows, wish: Maintenance
) -> None:
    """Keep a resource, and all that hangs on it, quiet until a time; null ends it now."""
    await windows.set_maintenance(actor, resource_id, wish)
