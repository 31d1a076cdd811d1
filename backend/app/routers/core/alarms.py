"""Alerts, and the one address that alarms go out to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.alarm import (
    AlarmChannelRead,
    AlarmChannelWrite,
    AlarmTest,
    AlertQuery,
    AlertRead,
)
from app.services.core.alarm_settings import AlarmSettings, send_test
from app.services.core.alert_list import AlertList
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["alerts"])


def _settings(platform: Platform, session: ReadSession) -> AlarmSettings:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return AlarmSettings(session, platform.clock, platform.vault, audit)


def _reader(platform: PlatformDep, session: ReadSession) -> AlarmSettings:
    return _settings(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> AlarmSettings:
    return _settings(platform, session)


def _alerts(session: ReadSession) -> AlertList:
    return AlertList(session)


SettingsReader = Annotated[AlarmSettings, Depends(_reader)]
Settings = Annotated[AlarmSettings, Depends(_writer)]
Alerts = Annotated[AlertList, Depends(_alerts)]


@router.get(
    "/api/alerts",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List alerts",
    response_model=Page[AlertRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_alerts(
    request: Request, alerts: Alerts, query: Annotated[AlertQuery, Query()]
) -> Response:
    """List what is or was wrong. Sort by `began_at`, `resolved_at`, `kind` or `state`."""
    return answer(request, await alerts.page(query))


@router.get(
    "/api/settings/alarm",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Show the alarm address",
    responses=documented(401, 403),
)
async def get_alarm_channel(settings: SettingsReader) -> AlarmChannelRead:
    """Tell where alarms go, without the secret part, and how the last sending went."""
    return await settings.read()


@router.put(
    "/api/settings/alarm",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Set the alarm address",
    responses=documented(401, 403, 422),
)
async def set_alarm_channel(
    wish: AlarmChannelWrite, actor: CurrentActor, settings: Settings
) -> AlarmChannelRead:
    """Set the one webhook or ntfy address that alarms go out to."""
    return await settings.write(actor, wish)


@router.delete(
    "/api/settings/alarm",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget the alarm address",
    responses=documented(401, 403),
)
async def remove_alarm_channel(actor: CurrentActor, settings: Settings) -> None:
    """Forget the address, and the messages that wait for it."""
    await settings.remove(actor)


@router.post(
    "/api/settings/alarm/test",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Send a test alarm",
    responses=documented(401, 403, 404),
)
async def test_alarm_channel(platform: PlatformDep) -> AlarmTest:
    """Send a message to the stored address now, and tell what came of it."""
    async with platform.database.snapshot() as session:
        channel = await _settings(platform, session).opened()
    return await send_test(channel, platform.messages, platform.clock)
