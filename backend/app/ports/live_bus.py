"""How the processes of one Unity tell each other, and the open pages, that something changed."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from app.kernel.errors import JsonValue

# Stands for all that was not delivered: whoever hears it asks everything again.
RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something changed.

    The payload is small (ids and states) and never secret: who needs the whole asks the API.
    """

    topic: str
    payload: Mapping[str, JsonValue] = field(default_factory=dict)


class LiveBus(Protocol):
    """Publish and subscribe, without a promise: what gets lost is told as `RESYNC`."""

    async def publish(self, topic: str, payload: Mapping[str, JsonValue]) -> None:
        """Tell all subscribers of all processes; never raises because of them or the network."""
        ...

    def subscribe(
        self, topics: Collection[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Hear these topics, and `RESYNC`, for the length of the block.

        The queue is bounded: a subscriber that is too slow finds one `RESYNC` in the place of
        what it missed.
        """
        ...

    async def serve(self) -> None:
        """Carry events between processes until cancelled."""
        ...
