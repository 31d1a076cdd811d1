"""Channels of notifications, and the services that they can use."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.notification_channel import (
    ChannelName,
    ChannelRead,
    ChannelTest,
    ChannelWrite,
    FormRead,
    ServiceRead,
)
from app.services.core.audit import AuditLog
from app.services.core.notifications.channels import ChannelService
from app.services.core.notifications.forms import Forms
from app.services.core.notifications.self_tests import SelfTests
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["notifications"])


def _service(platform: Platform, session: ReadSession) -> ChannelService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    forms = Forms(platform.notifier)
    return ChannelService(session, platform.clock, platform.vault, audit, forms)


def _reader(platform: PlatformDep, session: ReadSession) -> ChannelService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> ChannelService:
    return _service(platform, session)


def _forms(platform: PlatformDep) -> Forms:
    return Forms(platform.notifier)


Reader = Annotated[ChannelService, Depends(_reader)]
Writer = Annotated[ChannelService, Depends(_writer)]
FormsDep = Annotated[Forms, Depends(_forms)]
CHANNELS = "/api/notifications/channels"


@router.get(
    "/api/notifications/services",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="List the services that channels can use",
    responses=documented(401, 403),
)
async def list_notification_services(forms: FormsDep) -> Sequence[ServiceRead]:
    """List e-mail, ntfy, web hooks and all services that Apprise knows."""
    return await forms.services()


@router.get(
    "/api/notifications/services/{service}/form",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Show the form of a service",
    responses=documented(401, 403, 404, 422),
)
async def get_notification_form(service: str, forms: FormsDep) -> FormRead:
    """Tell which fields a channel of this service has."""
    return await forms.form(service)


@router.get(
    CHANNELS,
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="List channels",
    responses=documented(401, 403),
)
async def list_notification_channels(channels: Reader) -> Sequence[ChannelRead]:
    """List the channels with their health; secrets are never shown."""
    return await channels.list()


@router.get(
    "/api/notifications/channel-names",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List the names of channels",
    responses=documented(401, 403),
)
async def list_notification_channel_names(channels: Reader) -> Sequence[ChannelName]:
    """List the channels by name, without their addresses."""
    return await channels.names()


@router.post(
    CHANNELS,
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a channel",
    responses=documented(401, 403, 404, 409, 422),
)
async def create_notification_channel(
    wish: ChannelWrite, actor: CurrentActor, channels: Writer
) -> ChannelRead:
    """Add a channel. Nothing is sent: try it with a test. The first one is told everything."""
    return await channels.create(actor, wish)


@router.put(
    CHANNELS + "/{channel_id}",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Change a channel",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_notification_channel(
    channel_id: uuid.UUID, wish: ChannelWrite, actor: CurrentActor, channels: Writer
) -> ChannelRead:
    """Change a channel. Secrets that are left out stay, unless the address is another one."""
    return await channels.edit(actor, channel_id, wish)


@router.delete(
    CHANNELS + "/{channel_id}",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a channel",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_notification_channel(
    channel_id: uuid.UUID, actor: CurrentActor, channels: Writer
) -> None:
    """Forget a channel that no route tells; what waits for it becomes a dead letter."""
    await channels.delete(actor, channel_id)


@router.post(
    CHANNELS + "/{channel_id}/test",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Send a test message",
    responses=documented(401, 403, 404, 422),
)
async def test_notification_channel(channel_id: uuid.UUID, platform: PlatformDep) -> ChannelTest:
    """Really send a message now, and tell what the receiver said."""
    tests = SelfTests(platform.database, platform.clock)
    return await tests.send_now(platform.vault, platform.notifier, channel_id)
