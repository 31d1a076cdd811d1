"""Live events within a process: the queues of its subscribers, and which page may hear what."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from app.ports.live_bus import RESYNC, LiveEvent
from app.services.core.permissions import P

QUEUE_LENGTH = 256

# What pages hear, and the right they need. A topic that is missing here stays inside.
TOPICS: Mapping[str, P] = {
    "job": P.JOBS_READ,  # {id, name, state}: a run was started, moved on or ended
    "schedule": P.JOBS_READ,  # {name}: paused, resumed or changed
    "server": P.SERVERS_READ,  # {ids, changed}: readings came in, or a status changed
    "activity": P.SYSTEM_READ,  # {}: something happened; the page asks for what it may see of it
    "database": P.SERVERS_READ,  # {ids}: databases were asked
    "notification": P.ALERTS_READ,  # {ids}: deliveries were sent, or failed
    "plugin": P.PLUGINS_READ,  # {id}: an instance ran, or was changed; {}: the gallery was
    "alert": P.ALERTS_READ,  # {id, event}: something began or ended at the resource of this id
}


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

    # No generator: that would end for good when a waiting `anext` is given up.
    def __aiter__(self) -> "_Subscriber":
        return self

    async def __anext__(self) -> LiveEvent:
        return await self._queue.get()


class LiveHub:
    """Hands events to the subscribers of this process; one that is too slow gets a `RESYNC`."""

    def __init__(self, queue_length: int = QUEUE_LENGTH) -> None:
        self._queue_length = queue_length
        self._subscribers: set[_Subscriber] = set()

    def deliver(self, event: LiveEvent) -> None:
        """Put an event into the queues of those who asked for its topic."""
        for subscriber in self._subscribers:
            subscriber.hear(event)

    @asynccontextmanager
    async def subscribe(self, topics: Collection[str]) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """Hear these topics, and `RESYNC`, for the length of the block."""
        subscriber = _Subscriber(topics, self._queue_length)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
