"""Drops events that are older than the setting says, and what was owed to them."""

from datetime import timedelta

from sqlalchemy import CursorResult, delete, select

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.event import Event
from app.models.core.event_delivery import EventDelivery

_AT_ONCE = 1000  # short transactions: on SQLite others wait for the writer


class EventRetention:
    """Forgets what happened long ago; what still waits for a handler stays."""

    def __init__(self, database: Database, clock: Clock, keep: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._keep = keep

    async def run(self) -> int:
        """Drop old events; return how many."""
        dropped = 0
        while count := await self._drop_some():
            dropped += count
        return dropped

    async def _drop_some(self) -> int:
        waiting = select(EventDelivery.id).where(
            EventDelivery.event_id == Event.id,
            EventDelivery.handled_at.is_(None),
            EventDelivery.parked_at.is_(None),
        )
        old = (
            select(Event.id)
            .where(
                Event.at < self._clock.now() - self._keep,
                Event.dispatched_at.is_not(None),
                ~waiting.exists(),
            )
            .limit(_AT_ONCE)
        )
        async with self._database.transaction() as session:
            # The foreign key takes the deliveries along.
            result = await session.execute(
                delete(Event).where(Event.id.in_(old)),
                execution_options={"synchronize_session": False},
            )
        return result.rowcount if isinstance(result, CursorResult) else 0
