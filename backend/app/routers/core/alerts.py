"""The inbox of alerts: what is wrong, why, and what people do about it."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response

from app.kernel.errors import JsonValue
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.alert import (
    AlertAcknowledge,
    AlertCount,
    AlertDetail,
    AlertHistory,
    AlertIds,
    AlertQuery,
    AlertRead,
    AlertsChanged,
    AlertSnooze,
)
from app.services.core.alerts.details import AlertDetails
from app.services.core.alerts.handling import AlertHandling
from app.services.core.alerts.inbox import AlertInbox
from app.services.core.alerts.quiet import TOPIC
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(prefix="/api/alerts", tags=["alerts"])


def _inbox(session: ReadSession) -> AlertInbox:
    return AlertInbox(session)


def _details(session: ReadSession) -> AlertDetails:
    return AlertDetails(session)


def _handling(platform: PlatformDep, session: WriteSession) -> AlertHandling:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return AlertHandling(session, platform.clock, audit)


Inbox = Annotated[AlertInbox, Depends(_inbox)]
Details = Annotated[AlertDetails, Depends(_details)]
Handling = Annotated[AlertHandling, Depends(_handling)]


@router.get(
    "",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List alerts",
    response_model=Page[AlertRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_alerts(
    request: Request, inbox: Inbox, query: Annotated[AlertQuery, Query()]
) -> Response:
    """List what is or was wrong, the worst and oldest first.

    Sort by `urgency`, `began_at`, `fired_at`, `resolved_at`, `kind`, `state` or `resource`. With
    `roots_only` each cause stands once; `cause_id` lists what follows from it.
    """
    return answer(request, await inbox.page(query))


@router.get(
    "/counts",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Count open alerts",
    responses=documented(401, 403),
)
async def count_alerts(inbox: Inbox) -> Sequence[AlertCount]:
    """Count what is open by state, severity and domain."""
    return await inbox.counts()


@router.post(
    "/acknowledge",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Acknowledge alerts",
    responses=documented(401, 403, 404, 422),
)
async def acknowledge_alerts(
    background: BackgroundTasks,
    platform: PlatformDep,
    actor: CurrentActor,
    handling: Handling,
    wish: AlertAcknowledge,
) -> AlertsChanged:
    """Say that somebody has taken them on: repeats and escalation stop."""
    changed = await handling.acknowledge(actor, wish.ids, wish.note)
    return _told(background, platform, wish.ids, changed)


@router.post(
    "/reopen",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Take acknowledgements back",
    responses=documented(401, 403, 404, 422),
)
async def reopen_alerts(
    background: BackgroundTasks,
    platform: PlatformDep,
    actor: CurrentActor,
    handling: Handling,
    wish: AlertIds,
) -> AlertsChanged:
    """Say that nobody has taken them on."""
    return _told(background, platform, wish.ids, await handling.reopen(actor, wish.ids))


@router.post(
    "/snooze",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Snooze alerts",
    responses=documented(401, 403, 404, 422),
)
async def snooze_alerts(
    background: BackgroundTasks,
    platform: PlatformDep,
    actor: CurrentActor,
    handling: Handling,
    wish: AlertSnooze,
) -> AlertsChanged:
    """Keep these alerts quiet until a time; null ends it. What still fires then is told."""
    changed = await handling.snooze(actor, wish.ids, wish.until)
    return _told(background, platform, wish.ids, changed)


@router.get(
    "/{alert_id}",
    dependencies=[requires(P.ALERTS_READ)],
    summary="One alert",
    responses=documented(401, 403, 404, 422),
)
async def get_alert(alert_id: uuid.UUID, details: Details) -> AlertDetail:
    """Return one alert with the metrics that it is about, and how to silence its like."""
    return await details.get(alert_id)


@router.get(
    "/{alert_id}/history",
    dependencies=[requires(P.ALERTS_READ)],
    summary="What happened to an alert",
    responses=documented(401, 403, 404, 422),
)
async def get_alert_history(alert_id: uuid.UUID, details: Details) -> AlertHistory:
    """Return what happened to an alert, and the other times that it was there."""
    return await details.history(alert_id)


def _told(
    background: BackgroundTasks, platform: Platform, ids: Sequence[uuid.UUID], changed: int
) -> AlertsChanged:
    """Tell the open pages after the commit."""
    if changed:
        named: list[JsonValue] = [str(one) for one in ids]
        background.add_task(platform.live.publish, TOPIC, {"ids": named, "event": "handled"})
    return AlertsChanged(changed=changed)
