"""The live bus between processes: PostgreSQL's LISTEN and NOTIFY."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager

import psycopg

from app.kernel.errors import JsonValue
from app.kernel.logging import get_logger
from app.ports.live_bus import RESYNC, LiveEvent
from app.services.core.live import QUEUE_LENGTH, LiveHub

log = get_logger(__name__)

_CHANNEL = "unity_live"
_MOST_BYTES = 7900  # PostgreSQL refuses payloads of 8000 bytes and more
_SIGN_OF_LIFE = 15.0
_PAUSE = 1.0
_TROUBLE = (psycopg.Error, OSError)

_Connection = psycopg.AsyncConnection[tuple[object, ...]]


class PostgresLiveBus:
    """The `LiveBus` port over one listening and one telling connection."""

    def __init__(self, conninfo: str, queue_length: int = QUEUE_LENGTH) -> None:
        self._conninfo = conninfo
        self._hub = LiveHub(queue_length)
        self._telling = asyncio.Lock()
        self._teller: _Connection | None = None
        self._owes_resync = False

    async def publish(self, topic: str, payload: Mapping[str, JsonValue]) -> None:
        """Tell every process, this one too. What cannot be told now is told as `RESYNC` later."""
        text = json.dumps([topic, dict(payload)])
        if len(text.encode()) > _MOST_BYTES:
            text = json.dumps([RESYNC, {}])
        async with self._telling:
            for is_last in (False, True):
                try:
                    await self._tell(text)
                except _TROUBLE as error:
                    await self._hang_up()
                    if is_last:
                        self._owes_resync = True
                        log.warning("live_event_not_told", topic=topic, error=type(error).__name__)
                else:
                    return

    async def _tell(self, text: str) -> None:
        if self._teller is None:
            self._teller = await self._connect()
        texts = [json.dumps([RESYNC, {}])] if self._owes_resync else [text]
        for one in texts:
            await self._teller.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, one))
        self._owes_resync = False

    def subscribe(
        self, topics: Collection[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Hear these topics for the length of the block."""
        return self._hub.subscribe(topics)

    async def serve(self) -> None:
        """Listen until cancelled, and connect again whenever the connection breaks."""
        try:
            while True:
                try:
                    await self._listen()
                except _TROUBLE as error:
                    log.warning("live_bus_broken", error=type(error).__name__)
                await asyncio.sleep(_PAUSE)
        finally:
            await self._hang_up()

    async def _listen(self) -> None:
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            # Nobody knows what was told while nobody listened.
            self._hub.deliver(LiveEvent(RESYNC))
            while True:
                async for notification in connection.notifies(timeout=_SIGN_OF_LIFE):
                    self._hub.deliver(_read(notification.payload))
                await connection.execute("SELECT 1")

    async def _connect(self) -> _Connection:
        return await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=5, application_name="unity live"
        )

    async def _hang_up(self) -> None:
        if self._teller is not None:
            await self._teller.close()
            self._teller = None


def _read(text: str) -> LiveEvent:
    """Read a notification; what another version of Unity may say is not understood by all."""
    try:
        topic, payload = json.loads(text)
    except ValueError:
        return LiveEvent(RESYNC)
    if not isinstance(topic, str) or not isinstance(payload, dict):
        return LiveEvent(RESYNC)
    return LiveEvent(topic, payload)
