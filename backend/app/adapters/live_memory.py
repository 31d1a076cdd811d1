"""The live bus of a single process, and the local half of the one between processes."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from app.kernel.errors import JsonValue
from app.ports.live_bus import RESYNC, LiveEvent

QUEUE_LENGTH = 256


class _Subscriber:
    def __init__(self, topics: Collection[str], length: int) -> None:
        self._topics = frozenset(topics) | {RESYNC}
        self._length = length
        self._queue: asyncio.Queue[LiveEvent] = asyncio.Queue()

    def hear(self, event: LiveEvent) -> None:
        if event.topic not in self._topics:
            return
        if self._queue.qsize() >= self._length:
            while not self._queue.empty():
                self._queue.get_nowait()
            event = LiveEvent(RESYNC)
        self._queue.put_nowait(event)

    async def events(self) -> AsyncIterator[LiveEvent]:
        while True:
            yield await self._queue.get()


class MemoryLiveBus:
    """The `LiveBus` port within one process."""

    def __init__(self, queue_length: int = QUEUE_LENGTH) -> None:
        self._queue_length = queue_length
        self._subscribers: set[_Subscriber] = set()

    async def publish(self, topic: str, payload: Mapping[str, JsonValue]) -> None:
        """Put it into the queue of each subscriber."""
        self.deliver(LiveEvent(topic, payload))

    def deliver(self, event: LiveEvent) -> None:
        """Put an event into the queues."""
        for subscriber in self._subscribers:
            subscriber.hear(event)

    @asynccontextmanager
    async def subscribe(self, topics: Collection[str]) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """Hear these topics for the length of the block."""
        subscriber = _Subscriber(topics, self._queue_length)
        self._subscribers.add(subscriber)
        try:
            yield subscriber.events()
        finally:
            self._subscribers.discard(subscriber)

    async def serve(self) -> None:
        """Nothing has to be carried within one process."""
        await asyncio.Event().wait()
