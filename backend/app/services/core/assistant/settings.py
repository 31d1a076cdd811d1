"""The assistant's settings, in one transaction: read, change, and what of it people may know."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Session
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.assistant import AssistantFeature, AssistantSetting
from app.ports.ai_provider import Connection, Protocols
from app.schemas.core.assistant import (
    AssistantSettingsRead,
    AssistantSettingsWrite,
    AssistantState,
)
from app.services.core.assistant.money import Prices, from_millionths, to_millionths
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor

DEFAULT_URL = "http://127.0.0.1:11434/v1"  # where Ollama listens
_MONEY = ("cost_per_day", "cost_per_month", "input_price", "output_price")
_PLAIN = (
    *("is_enabled", "protocol", "base_url", "model", "silence_seconds", "limit_seconds"),
    *("most_input_characters", "most_output_tokens", "requests_per_day", "requests_per_month"),
    *("currency", "hides_addresses", "explains_alerts", "answers_questions", "keep_days"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that one use of the model goes by."""

    connection: Connection
    model: str
    most_input_characters: int
    most_output_tokens: int
    hides_addresses: bool
    prices: Prices | None

    @property
    def host(self) -> str:
        """Where it goes, for people."""
        return host_of(self.connection.base_url)


def host_of(base_url: str) -> str:
    """Return the host of an address, with its port where it is not the usual one."""
    return urlsplit(base_url).netloc


def switched_on(row: AssistantSetting | None, feature: AssistantFeature) -> bool:
    """Tell whether a feature may be used."""
    if row is None or not row.is_enabled:
        return False
    match feature:
        case AssistantFeature.EXPLAIN:
            return row.explains_alerts
        case AssistantFeature.ASK:
            return row.answers_questions
        case AssistantFeature.TEST:
            return True


async def find_settings(session: Session, *, is_locked: bool = False) -> AssistantSetting | None:
    """Return the row, if the settings were ever saved."""
    statement = select(AssistantSetting)
    if is_locked:
        statement = statement.with_for_update()
    return (await session.scalars(statement)).one_or_none()


class AssistantSettings:
    """Reads and changes the settings."""

    def __init__(self, session: Session, clock: Clock, vault: Vault, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit

    async def state(self) -> AssistantState:
        """Return what everybody who may use it should know."""
        row = await find_settings(self._session)
        is_on = row is not None and row.is_enabled
        return AssistantState(
            explains_alerts=switched_on(row, AssistantFeature.EXPLAIN),
            answers_questions=switched_on(row, AssistantFeature.ASK),
            host=host_of(row.base_url) if row is not None and is_on else "",
            model=row.model if row is not None and is_on else "",
        )

    async def get(self) -> AssistantSettingsRead:
        """Return the settings; the defaults when none were saved."""
        row = await find_settings(self._session)
        if row is None:
            wish = AssistantSettingsWrite(base_url=DEFAULT_URL)
            return AssistantSettingsRead.model_validate(
                {
                    **wish.model_dump(exclude={"api_key"}),
                    "has_api_key": False,
                    "updated_at": None,
                    "updated_by": "",
                }
            )
        return AssistantSettingsRead.model_validate(
            {
                **{name: getattr(row, name) for name in _PLAIN},
                **{name: from_millionths(getattr(row, name)) for name in _MONEY},
                "has_api_key": row.api_key is not None,
                "updated_at": row.updated_at,
                "updated_by": row.updated_by,
            }
        )

    async def update(self, actor: Actor, wish: AssistantSettingsWrite) -> AssistantSettingsRead:
        """Replace the settings, all but a key that is left out.

        With another server the stored key is dropped, so that nobody can have it sent elsewhere.
        """
        row = await find_settings(self._session, is_locked=True)
        if row is None:
            row = AssistantSetting(id=uuid7(), key_version=0, base_url=wish.base_url)
        if not _same_server(row, wish):
            row.api_key = None
        changed = self._write(row, wish)
        row.updated_at, row.updated_by = self._clock.now(), actor.name
        self._session.add(row)
        await self._session.flush()
        await self._audit.record(
            actor,
            "assistant_settings.updated",
            kind="settings",
            object_id=row.id,
            name="AI",
            details=changed,
        )
        return await self.get()

    def _write(self, row: AssistantSetting, wish: AssistantSettingsWrite) -> dict[str, JsonValue]:
        wanted: dict[str, JsonValue] = {name: getattr(wish, name) for name in _PLAIN}
        wanted |= {name: to_millionths(getattr(wish, name)) for name in _MONEY}
        changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        for name, value in wanted.items():
            setattr(row, name, value)
        if wish.api_key is not None:
            key = wish.api_key.get_secret_value().strip()
            row.key_version += 1
            row.api_key = self._vault.seal(key, key_ref(row)) if key else None
            changed["key"] = "set" if key else "removed"
        return changed

    async def draft(self, wish: AssistantSettingsWrite) -> Terms:
        """Return the terms of settings that are not saved yet, to try them.

        The stored key counts where none is given, for the same server only.
        """
        row = await find_settings(self._session)
        key = ""
        if wish.api_key is not None:
            key = wish.api_key.get_secret_value().strip()
        elif row is not None and _same_server(row, wish):
            key = open_key(row, self._vault)
        return Terms(
            Connection(
                wish.protocol,
                wish.base_url,
                key,
                timedelta(seconds=wish.silence_seconds),
                timedelta(seconds=wish.limit_seconds),
            ),
            wish.model,
            wish.most_input_characters,
            wish.most_output_tokens,
            wish.hides_addresses,
            _prices(to_millionths(wish.input_price), to_millionths(wish.output_price)),
        )


def key_ref(row: AssistantSetting) -> Ref:
    """Return the cell of the API key."""
    return Ref(AssistantSetting.__tablename__, row.id, "api_key", row.key_version)


def open_key(row: AssistantSetting, vault: Vault) -> str:
    """Return the API key; empty when there is none."""
    if row.api_key is None:
        return ""
    return vault.open(row.api_key, key_ref(row), "to ask the AI provider")


def terms_of(row: AssistantSetting, vault: Vault) -> Terms:
    """Return what the saved settings mean for one use."""
    return Terms(
        Connection(
            Protocols(row.protocol),
            row.base_url,
            open_key(row, vault),
            timedelta(seconds=row.silence_seconds),
            timedelta(seconds=row.limit_seconds),
        ),
        row.model,
        row.most_input_characters,
        row.most_output_tokens,
        row.hides_addresses,
        _prices(row.input_price, row.output_price),
    )


def _prices(given: int | None, made: int | None) -> Prices | None:
    return None if given is None or made is None else Prices(given, made)


def _same_server(row: AssistantSetting, wish: AssistantSettingsWrite) -> bool:
    old, new = urlsplit(row.base_url), urlsplit(wish.base_url)
    return (old.scheme, old.netloc) == (new.scheme, new.netloc)
