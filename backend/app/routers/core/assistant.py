"""The settings of the assistant, what it has used, and the record of what was sent."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.assistant import (
    AssistantSettingsRead,
    AssistantSettingsWrite,
    AssistantState,
    AssistantTest,
    AssistantUsage,
    ExchangeDetail,
    ExchangeQuery,
    ExchangeRead,
)
from app.services.core.assistant.books import ledger_of
from app.services.core.assistant.record import AssistantRecord
from app.services.core.assistant.settings import AssistantSettings
from app.services.core.assistant.trial import Trial
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(prefix="/api/assistant", tags=["assistant"])


def _settings(platform: Platform, session: ReadSession) -> AssistantSettings:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return AssistantSettings(session, platform.clock, platform.vault, audit)


def _reader(platform: PlatformDep, session: ReadSession) -> AssistantSettings:
    return _settings(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> AssistantSettings:
    return _settings(platform, session)


def _record(platform: PlatformDep, session: ReadSession) -> AssistantRecord:
    return AssistantRecord(session, platform.clock, platform.settings.jobs.zone)


SettingsReader = Annotated[AssistantSettings, Depends(_reader)]
SettingsWriter = Annotated[AssistantSettings, Depends(_writer)]
Record = Annotated[AssistantRecord, Depends(_record)]


@router.get(
    "",
    dependencies=[requires(P.ASSISTANT_USE)],
    summary="What the assistant may be asked",
    responses=documented(401, 403),
)
async def get_assistant(settings: SettingsReader) -> AssistantState:
    """Tell which uses are switched on, and where the questions go. Off is the default."""
    return await settings.state()


@router.get(
    "/settings",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Show the assistant's settings",
    responses=documented(401, 403),
)
async def get_assistant_settings(settings: SettingsReader) -> AssistantSettingsRead:
    """Show the settings; the API key is never shown."""
    return await settings.get()


@router.put(
    "/settings",
    dependencies=[requires(P.SETTINGS_MANAGE, step_up=True)],
    summary="Change the assistant's settings",
    responses=documented(401, 403, 422),
)
async def update_assistant_settings(
    wish: AssistantSettingsWrite, actor: CurrentActor, settings: SettingsWriter
) -> AssistantSettingsRead:
    """Replace all but a key that is left out. With another server the old key is dropped."""
    return await settings.update(actor, wish)


@router.post(
    "/settings/test",
    dependencies=[requires(P.SETTINGS_MANAGE, step_up=True)],
    summary="Test the assistant's settings",
    responses=documented(401, 403, 422),
)
async def test_assistant_settings(
    wish: AssistantSettingsWrite, actor: CurrentActor, platform: PlatformDep
) -> AssistantTest:
    """Ask the provider for its models and the model four small things. Nothing is saved.

    The requests are recorded and count, but no budget holds them up.
    """
    async with platform.database.snapshot() as session:
        terms = await _settings(platform, session).draft(wish)
    return await Trial(platform.ai, ledger_of(platform)).run(actor, terms, wish)


@router.get(
    "/usage",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="What the assistant has used",
    responses=documented(401, 403),
)
async def get_assistant_usage(record: Record) -> AssistantUsage:
    """Show requests, tokens and cost of the day and the month beside their limits."""
    return await record.usage()


@router.get(
    "/exchanges",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="List what the model was asked",
    responses=documented(401, 403, 422),
)
async def list_assistant_exchanges(
    record: Record, query: Annotated[ExchangeQuery, Query()]
) -> Page[ExchangeRead]:
    """List every use, the newest first: who, for what, what it cost, how it ended.

    Sort by `at`, `cost`, `seconds` or `actor_name`.
    """
    return await record.page(query)


@router.get(
    "/exchanges/{exchange_id}",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Show what the model was asked",
    responses=documented(401, 403, 404, 422),
)
async def get_assistant_exchange(exchange_id: uuid.UUID, record: Record) -> ExchangeDetail:
    """Show all that was sent, as it was redacted, and what came back."""
    return await record.get(exchange_id)
