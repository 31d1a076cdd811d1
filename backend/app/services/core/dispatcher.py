"""Tells those who listen what happened: in order, at least once, one failure apart from another.

The steps of one delivery are each a transaction: it is claimed under a lease, its attempt is
counted, and the handler runs in the transaction that marks it as handled. A kill between any two
of them leaves a lease that runs out, and the delivery is made again.
"""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.kernel.clock import Clock
from app.kernel.database import Database, Session
from app.kernel.errors import UnityError
from app.kernel.logging import get_logger
from app.services.core.event_queue import EventQueue, Owed
from app.services.core.hearing import Subscription

log = get_logger(__name__)

MOST_ATTEMPTS = 8
DIED = "The process that handled it died again and again; it may be what kills it."
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
_HANDED_OUT_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DispatchTiming:
    """How patient the dispatcher is."""

    lease: timedelta = timedelta(seconds=30)
    handler_seconds: float = 20.0  # less than the lease, which is renewed for each delivery
    batch: int = 50


class EventDispatcher:
    """Hands events to the handlers of the table."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        table: Sequence[Subscription],
        *,
        timing: DispatchTiming | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._table = table
        self._handlers = frozenset(one.handler for one in table)
        self._timing = timing or DispatchTiming()

    async def dispatch(self) -> int:
        """Deliver all that is due; return how many deliveries were handled."""
        handled = 0
        while owed := await self._next():
            handled += await self._deliver_all(owed)
        return handled

    async def _next(self) -> Sequence[Owed]:
        """Hand out what is new, and claim the next ones; nothing when none is due."""
        while await self._has_work():
            async with self._database.transaction() as session:
                queue = EventQueue(session, self._clock)
                await queue.lock()
                new = await queue.hand_out(self._table, limit=_HANDED_OUT_AT_ONCE)
                owed = await queue.claim(
                    self._handlers, limit=self._timing.batch, lease=self._timing.lease
                )
            if owed or not new:
                return owed
        return ()

    async def _has_work(self) -> bool:
        """Look first: most of the time nothing is due, and it needs no writing session."""
        async with self._database.snapshot() as session:
            return await EventQueue(session, self._clock).has_work(self._handlers)

    async def _deliver_all(self, owed: Sequence[Owed]) -> int:
        """Deliver one by one; what follows a failure in its lane goes back and waits for it."""
        left = {one.id: one for one in owed}
        stuck: set[tuple[str, uuid.UUID]] = set()
        handled = 0
        try:
            for one in owed:
                if (one.handler, one.lane) in stuck:
                    continue
                if await self._deliver(one):
                    handled += 1
                else:
                    stuck.add((one.handler, one.lane))
                del left[one.id]
        finally:
            await self._give_back([*left.values()])
        return handled

    async def _give_back(self, owed: Sequence[Owed]) -> None:
        if not owed:
            return
        async with self._database.transaction() as session:
            for one in owed:
                await EventQueue(session, self._clock).give_back(one)

    async def _deliver(self, owed: Owed) -> bool:
        """Make one attempt; False when it failed, was given up, or belongs to another by now."""
        if not await self._begin(owed):
            return False
        try:
            async with (
                asyncio.timeout(self._timing.handler_seconds),
                self._database.transaction() as session,
            ):
                if not await EventQueue(session, self._clock).mark(owed):
                    return False
                await self._handle(session, owed)
        except Exception as error:
            # It is put ahead before anybody hears of the error, so that it cannot stop the others.
            await self._put_off(owed, error)
            log.exception("event_not_handled", handler=owed.handler, event_id=str(owed.event.id))
            return False
        return True

    async def _handle(self, session: Session, owed: Owed) -> None:
        """Call the first row of the table that names the handler and hears the kind."""
        for row in self._table:
            if row.handler == owed.handler and row.hears(owed.event.kind):
                await row.handle(session, owed.event)
                return

    async def _begin(self, owed: Owed) -> bool:
        async with self._database.transaction() as session:
            queue = EventQueue(session, self._clock)
            if owed.attempts < MOST_ATTEMPTS:
                return await queue.begin(owed, self._timing.lease)
            await queue.park(owed, DIED)
        log.error("event_parked", handler=owed.handler, event_id=str(owed.event.id))
        return False

    async def _put_off(self, owed: Owed, error: Exception) -> None:
        attempts = owed.attempts + 1
        async with self._database.transaction() as session:
            queue = EventQueue(session, self._clock)
            if attempts < MOST_ATTEMPTS:
                await queue.put_off(owed, _described(error), self._clock.now() + pause(attempts))
            else:
                await queue.park(owed, _described(error))


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 5 s, 20 s, 80 s … up to an hour."""
    grown: timedelta = _FIRST_PAUSE * 4 ** (attempts - 1)
    return min(grown, _LONGEST_PAUSE)


def _described(error: Exception) -> str:
    """Name the error. Only ours are shown as text: others may hold anything, secrets included."""
    if isinstance(error, UnityError):
        return f"{error.detail} {error.fix}".strip()
    if isinstance(error, TimeoutError):
        return "It took too long."
    return f"It stopped on an unexpected error ({type(error).__name__}); the log tells more."
