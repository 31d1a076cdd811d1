"""The one address that alarms go out to: set, shown in part, tried."""

from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Sealed, Vault
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.ids import uuid7
from app.models.core.alarm_channel import AlarmChannel, ChannelKind
from app.models.core.alert import AlertMessage, DeliveryState
from app.ports.webhook import DeliveryFailed, WebhookSender
from app.schemas.core.alarm import AlarmChannelRead, AlarmChannelWrite, AlarmTest
from app.services.core.alarm_delivery import (
    Message,
    OpenChannel,
    compose,
    open_channel,
    token_ref,
    url_ref,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor


class AlarmAddressNotValid(InvalidInput):
    """Alarms cannot be sent to what was entered."""


class NoAlarmAddress(NotFound):
    """No address is set, so nothing can be tried."""


class AlarmSettings:
    """Reads and writes the channel, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, vault: Vault, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit

    async def read(self) -> AlarmChannelRead:
        """Return what may be shown of the channel."""
        row = await self._row()
        waiting = await self._session.scalar(
            select(func.count())
            .select_from(AlertMessage)
            .where(AlertMessage.state == DeliveryState.WAITING)
        )
        return AlarmChannelRead(
            is_set=row is not None,
            kind=ChannelKind(row.kind) if row else None,
            url_hint=row.url_hint if row else "",
            has_token=row is not None and row.token is not None,
            is_enabled=row is not None and row.is_enabled,
            last_sent_at=row.last_sent_at if row else None,
            last_error=row.last_error if row else "",
            waiting=waiting or 0,
        )

    async def write(self, actor: Actor, wish: AlarmChannelWrite) -> AlarmChannelRead:
        """Set the channel; secrets that are left out stay."""
        row = await self._row()
        known = open_channel(self._vault, row) if row is not None else None
        url = wish.url.get_secret_value() if wish.url else (known.url if known else "")
        hint = _hint(url)
        token = known.token if known else None
        if wish.token is not None:
            token = wish.token.get_secret_value() or None
        elif row is not None and hint != row.url_hint:
            token = None  # it was entered for another host, whose secret it stays
        if row is None:
            row = AlarmChannel(id=uuid7(), version=0)
            self._session.add(row)
        # Each write seals anew, under a new version: an older blob put back does not open.
        row.version += 1
        row.kind, row.url_hint, row.is_enabled = wish.kind, hint, wish.is_enabled
        row.url = self._vault.seal(url, url_ref(row.id, row.version))
        row.token = self._sealed_token(row, token)
        row.updated_at, row.last_error = self._clock.now(), ""
        await self._audit.record(
            actor,
            "alarm_channel.set",
            kind="alarm_channel",
            object_id=row.id,
            name=hint,
            details={"kind": wish.kind.value, "url": hint, "is_enabled": wish.is_enabled},
        )
        return await self.read()

    def _sealed_token(self, row: AlarmChannel, token: str | None) -> Sealed | None:
        if token is None:
            return None
        return self._vault.seal(token, token_ref(row.id, row.version))

    async def remove(self, actor: Actor) -> None:
        """Forget the address, and the messages that wait for it."""
        row = await self._row()
        if row is None:
            return
        await self._session.execute(delete(AlarmChannel))
        await self._session.execute(
            delete(AlertMessage).where(AlertMessage.state == DeliveryState.WAITING)
        )
        await self._audit.record(
            actor,
            "alarm_channel.removed",
            kind="alarm_channel",
            object_id=row.id,
            name=row.url_hint,
        )

    async def opened(self) -> OpenChannel:
        """Return the channel for a test message, or raise `NoAlarmAddress`."""
        row = await self._row()
        if row is None:
            raise NoAlarmAddress("No address for alarms is set.", fix="Save one, then try it.")
        return open_channel(self._vault, row)

    async def _row(self) -> AlarmChannel | None:
        return await self._session.scalar(select(AlarmChannel).limit(1))


async def send_test(channel: OpenChannel, sender: WebhookSender, clock: Clock) -> AlarmTest:
    """Really send a message, outside of any transaction, and say what came of it."""
    message = Message(
        id=uuid7(),
        alert_id=uuid7(),
        event="test",
        title="A test from Unity",
        body="Alarms of Unity arrive here.",
        created_at=clock.now(),
    )
    try:
        status = await sender.send(compose(channel, message))
    except DeliveryFailed as error:
        return AlarmTest(has_arrived=False, detail=error.detail)
    return AlarmTest(has_arrived=True, detail=f"The receiver took it (status {status}).")


def _hint(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise AlarmAddressNotValid(
            "The address of the alarm is not valid.",
            fix="Enter it as https://ntfy.sh/topic or https://host/path.",
        )
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}/…"[:300]
