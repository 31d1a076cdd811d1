"""The live bus of a single process."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager

from app.kernel.errors import JsonValue
from app.ports.live_bus import LiveEvent
from app.services.core.live import QUEUE_LENGTH, LiveHub


class MemoryLiveBus:
    """The `LiveBus` port within one process."""

    def __init__(self, queue_length: int = QUEUE_LENGTH) -> None:
        self._hub = LiveHub(queue_length)

    async def publish(self, topic: str, payload: Mapping[str, JsonValue]) -> None:
        """Put it into the queue of each subscriber."""
        self._hub.deliver(LiveEvent(topic, payload))

    def subscribe(
        self, topics: Collection[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Hear these topics for the length of the block."""
        return self._hub.subscribe(topics)

    async def serve(self) -> None:
        """Carry nothing: there is no other process."""
        await asyncio.Event().wait()
