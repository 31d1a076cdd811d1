"""Which servers are being watched right now: the live group is collected for those alone.

An open page marks its server again and again; a mark that is not renewed ends by itself, so a
page that vanished costs nothing for long. The marks travel over the live bus, because the page
and the collector may be in different processes.
"""

import uuid
from datetime import datetime, timedelta

from app.kernel.clock import Clock
from app.ports.live_bus import LiveBus

TOPIC = "watch"
LASTS = timedelta(seconds=30)


class Watches:
    """The marks as this process knows them; `serve` must run for it to hear of any."""

    def __init__(self, live: LiveBus, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._until: dict[uuid.UUID, datetime] = {}

    async def mark(self, server_id: uuid.UUID) -> None:
        """Say that somebody looks at the server; call it again within 30 seconds."""
        await self._live.publish(TOPIC, {"server_id": str(server_id)})

    def active(self) -> set[uuid.UUID]:
        """Return the servers that somebody looks at."""
        now = self._clock.now()
        for server_id in [one for one, until in self._until.items() if until <= now]:
            del self._until[server_id]
        return set(self._until)

    async def serve(self) -> None:
        """Hear the marks of all processes until cancelled."""
        async with self._live.subscribe({TOPIC}) as events:
            async for event in events:
                server_id = event.payload.get("server_id")
                if event.topic == TOPIC and isinstance(server_id, str):
                    self._until[uuid.UUID(server_id)] = self._clock.now() + LASTS
