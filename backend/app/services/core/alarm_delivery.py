"""Sends what the alarms have queued: each message until it is taken, or given up.

A crash between the sending and its note sends a message twice; the idempotency key lets the
receiver tell. The order of one alert's messages is kept: it never ends before it began.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import CannotOpen, Ref, Vault
from app.kernel.database import Database
from app.kernel.logging import get_logger
from app.models.core.alarm_channel import AlarmChannel, ChannelKind
from app.models.core.alert import AlertMessage, DeliveryState
from app.ports.webhook import DeliveryFailed, WebhookSender, WebRequest
from app.services.core.alarms import Event

AT_ONCE = 20
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=1)
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """The address, opened for sending."""

    id: uuid.UUID
    kind: ChannelKind
    url: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send."""

    id: uuid.UUID
    alert_id: uuid.UUID
    event: str
    title: str
    body: str
    created_at: datetime
    attempts: int = 0


def url_ref(channel_id: uuid.UUID, version: int) -> Ref:
    """Return the cell of a channel's address."""
    return Ref("alarm_channel", channel_id, "url", version)


def token_ref(channel_id: uuid.UUID, version: int) -> Ref:
    """Return the cell of a channel's token."""
    return Ref("alarm_channel", channel_id, "token", version)


def open_channel(vault: Vault, row: AlarmChannel) -> OpenChannel:
    """Open the address and the token for sending."""
    purpose = "send an alarm"
    token = None
    if row.token is not None:
        token = vault.open(row.token, token_ref(row.id, row.version), purpose)
    url = vault.open(row.url, url_ref(row.id, row.version), purpose)
    return OpenChannel(row.id, ChannelKind(row.kind), url, token)


def compose(channel: OpenChannel, message: Message) -> WebRequest:
    """Write the message as the channel wants it."""
    headers = {"User-Agent": "Unity", "Idempotency-Key": str(message.id)}
    if channel.token:
        headers["Authorization"] = f"Bearer {channel.token}"
    if channel.kind is ChannelKind.NTFY:
        is_over = message.event == Event.RESOLVED
        # ntfy takes text beyond ASCII in headers as RFC 2047 has it; JSON needs no such thing,
        # but goes to the root of the server, and the topic is part of the address here.
        headers |= {
            "Title": _header(message.title),
            "Priority": "default" if is_over else "high",
            "Tags": "white_check_mark" if is_over else "rotating_light",
            "Content-Type": "text/plain; charset=utf-8",
        }
        return WebRequest(channel.url, message.body.encode(), headers)
    body = {
        "id": str(message.id),
        "alert_id": str(message.alert_id),
        "event": message.event,
        "title": message.title,
        "message": message.body,
        "at": message.created_at.isoformat(),
    }
    headers["Content-Type"] = "application/json"
    return WebRequest(channel.url, json.dumps(body, ensure_ascii=False).encode(), headers)


def _header(text: str) -> str:
    from email.header import Header  # noqa: PLC0415 - only messages beyond ASCII need it

    return text if text.isascii() else Header(text, "utf-8", maxlinelen=10_000).encode()


class AlarmDelivery:
    """Takes due messages, sends them, and notes what came of it."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, sender: WebhookSender
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._sender = sender

    async def deliver(self) -> int:
        """Send what is due; return how many messages arrived."""
        now = self._clock.now()
        async with self._database.snapshot() as session:
            messages = await _due(session, now)
            row = await session.scalar(select(AlarmChannel).limit(1)) if messages else None
        if row is None or not row.is_enabled:
            return 0
        try:
            channel = open_channel(self._vault, row)
        except CannotOpen as error:
            log.warning("alarm_channel_unreadable", error=str(error))
            return 0
        arrived = 0
        for message in messages:
            arrived += await self._send(channel, message)
        return arrived

    async def _send(self, channel: OpenChannel, message: Message) -> bool:
        failure: DeliveryFailed | None = None
        try:
            await self._sender.send(compose(channel, message))
        except DeliveryFailed as error:
            failure = error
            log.warning("alarm_not_delivered", message_id=str(message.id), reason=error.detail)
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                update(AlertMessage)
                .where(AlertMessage.id == message.id)
                .values(_outcome(message, failure, now))
            )
            channel_values: dict[str, object] = {
                "last_error": "" if failure is None else failure.detail[:500]
            }
            if failure is None:
                channel_values["last_sent_at"] = now
            await session.execute(
                update(AlarmChannel).where(AlarmChannel.id == channel.id).values(channel_values)
            )
        return failure is None


def _outcome(message: Message, failure: DeliveryFailed | None, now: datetime) -> dict[str, object]:
    attempts = message.attempts + 1
    if failure is None:
        return {"state": DeliveryState.SENT, "attempts": attempts, "sent_at": now, "error": ""}
    values: dict[str, object] = {"attempts": attempts, "error": failure.detail[:500]}
    # Even a final refusal is tried again: the administrator mends the address, not the message.
    if now - message.created_at >= GIVE_UP_AFTER:
        return {**values, "state": DeliveryState.GIVEN_UP}
    wait = min(FIRST_RETRY * 2 ** min(message.attempts, 10), LONGEST_RETRY)
    return {**values, "next_try_at": now + wait}


async def _due(session: AsyncSession, now: datetime) -> Sequence[Message]:
    rows = await session.execute(
        select(
            AlertMessage.id,
            AlertMessage.alert_id,
            AlertMessage.event,
            AlertMessage.title,
            AlertMessage.body,
            AlertMessage.created_at,
            AlertMessage.attempts,
            AlertMessage.next_try_at,
        )
        .where(AlertMessage.state == DeliveryState.WAITING)
        .order_by(AlertMessage.created_at, AlertMessage.id)
        .limit(10 * AT_ONCE)
    )
    due: list[Message] = []
    seen: set[uuid.UUID] = set()
    for row in rows:
        is_first = row.alert_id not in seen
        seen.add(row.alert_id)
        if is_first and row.next_try_at <= now and len(due) < AT_ONCE:
            due.append(Message(*row[:7]))
    return due
