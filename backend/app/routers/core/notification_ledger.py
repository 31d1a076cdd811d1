"""The ledger of deliveries, and the signs of life."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.notification_ledger import (
    DeadMansSwitchRead,
    DeadMansSwitchWrite,
    DeliveryDetail,
    DeliveryQuery,
    DeliveryRead,
    NotificationHealth,
)
from app.services.core.audit import AuditLog
from app.services.core.notifications.ledger import Ledger, SignsOfLife
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["notifications"])


def _signs(platform: Platform, session: ReadSession) -> SignsOfLife:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return SignsOfLife(session, platform.clock, platform.vault, audit)


def _reader(platform: PlatformDep, session: ReadSession) -> SignsOfLife:
    return _signs(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> SignsOfLife:
    return _signs(platform, session)


def _ledger(platform: PlatformDep, session: ReadSession) -> Ledger:
    return Ledger(session, platform.clock)


LedgerDep = Annotated[Ledger, Depends(_ledger)]
Reader = Annotated[SignsOfLife, Depends(_reader)]
Writer = Annotated[SignsOfLife, Depends(_writer)]
DELIVERIES = "/api/notifications/deliveries"
SWITCH = "/api/notifications/dead-mans-switch"


@router.get(
    DELIVERIES,
    dependencies=[requires(P.ALERTS_READ)],
    summary="List deliveries",
    response_model=Page[DeliveryRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_notification_deliveries(
    request: Request,
    ledger: LedgerDep,
    actor: CurrentActor,
    query: Annotated[DeliveryQuery, Query()],
) -> Response:
    """List messages and what became of them. Sort by `made_at`, `state` or `channel_name`."""
    return answer(request, await ledger.page(actor, query))


@router.get(
    DELIVERIES + "/{delivery_id}",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Show a delivery",
    responses=documented(401, 403, 404, 422),
)
async def get_notification_delivery(
    delivery_id: uuid.UUID, ledger: LedgerDep, actor: CurrentActor
) -> DeliveryDetail:
    """Show a message with all attempts to send it."""
    return await ledger.get(actor, delivery_id)


@router.post(
    DELIVERIES + "/{delivery_id}/retry",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Try a dead letter again",
    responses=documented(401, 403, 404, 409, 422),
)
async def retry_notification_delivery(
    delivery_id: uuid.UUID, actor: CurrentActor, platform: PlatformDep, session: WriteSession
) -> DeliveryDetail:
    """Put a dead letter back into the queue, under the same id."""
    ledger = Ledger(session, platform.clock)
    row = await ledger.retry(delivery_id)
    read = await ledger.get(actor, delivery_id)
    audit = AuditLog(session, platform.clock, platform.audit_key)
    await audit.record(
        actor,
        "notification_delivery.retried",
        kind="notification_delivery",
        object_id=row.id,
        name=row.title,
    )
    return read


@router.get(
    "/api/notifications/health",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Show whether notifications work",
    responses=documented(401, 403),
)
async def get_notification_health(signs: Reader) -> NotificationHealth:
    """Tell the signs of life, what waits, and whether anybody would be told of anything."""
    return await signs.health()


@router.put(
    SWITCH,
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Set the outgoing heartbeat",
    responses=documented(401, 403, 422),
)
async def set_dead_mans_switch(
    wish: DeadMansSwitchWrite, actor: CurrentActor, signs: Writer
) -> DeadMansSwitchRead:
    """Ask an address of an outside monitor as long as alerts and notifications really work."""
    return await signs.set_switch(actor, wish)


@router.delete(
    SWITCH,
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget the outgoing heartbeat",
    responses=documented(401, 403),
)
async def remove_dead_mans_switch(actor: CurrentActor, signs: Writer) -> None:
    """Stop asking the outside monitor."""
    await signs.remove_switch(actor)
