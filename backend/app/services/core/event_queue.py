"""The queue of events: handed out to their handlers, claimed in order, marked, put off, parked.

Each call is part of the caller's transaction. Every change of a claimed delivery names the fence
of its claim, so that a worker that was thought dead can no longer change anything.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Update, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.event import Event
from app.models.core.event_delivery import EventDelivery
from app.services.core.hearing import HeardEvent, Subscription

_PG_LOCK = 0x756E6974795F6576  # "unity_ev", the place in PostgreSQL's advisory locks
_ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery that a worker holds. `fence` is the worker's right to change it."""

    id: uuid.UUID
    handler: str
    lane: uuid.UUID
    fence: int
    attempts: int
    event: HeardEvent


class EventQueue:
    """The two tables of the queue, as the dispatcher uses them."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def has_work(self, handlers: Collection[str]) -> bool:
        """Tell whether there may be something to hand out or to claim."""
        new = select(Event.id).where(Event.dispatched_at.is_(None)).limit(1)
        if await self._session.scalar(new) is not None:
            return True
        due = select(EventDelivery.id).where(*_is_due(self._clock.now(), handlers)).limit(1)
        return await self._session.scalar(due) is not None

    async def lock(self) -> None:
        """Let one worker claim at a time. SQLite's writing sessions queue by themselves."""
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(select(func.pg_advisory_xact_lock(_PG_LOCK)))

    async def hand_out(self, table: Sequence[Subscription], *, limit: int) -> int:
        """Write down for each new event who is to hear it; return how many events."""
        new = select(Event).where(Event.dispatched_at.is_(None)).order_by(Event.id).limit(limit)
        events = (await self._session.scalars(new)).all()
        now = self._clock.now()
        for event in events:
            event.dispatched_at = now
            for handler in sorted({one.handler for one in table if one.hears(event.kind)}):
                self._session.add(
                    EventDelivery(
                        id=uuid7(),
                        event_id=event.id,
                        handler=handler,
                        lane=event.lane,
                        next_try_at=now,
                    )
                )
        await self._session.flush()
        return len(events)

    async def claim(
        self, handlers: Collection[str], *, limit: int, lease: timedelta
    ) -> Sequence[Owed]:
        """Take what is due, oldest first, and nothing that would overtake its own lane."""
        now = self._clock.now()
        due = (
            select(EventDelivery, Event)
            .join(Event, Event.id == EventDelivery.event_id)
            .where(*_is_due(now, handlers), ~_is_behind(now))
            .order_by(EventDelivery.event_id, EventDelivery.handler)
            .limit(limit)
        )
        owed = [_owed(delivery, event) for delivery, event in await self._session.execute(due)]
        taken = update(EventDelivery).where(EventDelivery.id.in_([one.id for one in owed]))
        await self._session.execute(
            taken.values(fence=EventDelivery.fence + 1, lease_until=now + lease),
            execution_options={"synchronize_session": False},
        )
        return owed

    async def begin(self, owed: Owed, lease: timedelta) -> bool:
        """Count an attempt before it is made, so that one that kills its process counts too."""
        return await self._changed(
            _held(owed).values(
                attempts=EventDelivery.attempts + 1, lease_until=self._clock.now() + lease
            )
        )

    async def mark(self, owed: Owed) -> bool:
        """Mark it as handled, in the handler's transaction; False when the lease was lost."""
        return await self._changed(
            _held(owed).values(handled_at=self._clock.now(), lease_until=None, error="")
        )

    async def put_off(self, owed: Owed, error: str, until: datetime) -> None:
        """Try it again later."""
        values = {"next_try_at": until, "lease_until": None, "error": error[:_ERROR_LENGTH]}
        await self._changed(_held(owed).values(**values))

    async def park(self, owed: Owed, error: str) -> None:
        """Give it up until a person asks for another try; those behind it go on."""
        values = {"parked_at": self._clock.now(), "error": error[:_ERROR_LENGTH]}
        await self._changed(_held(owed).values(lease_until=None, **values))

    async def give_back(self, owed: Owed) -> None:
        """Let others have it at once."""
        await self._changed(_held(owed).values(lease_until=None))

    async def _changed(self, statement: Update) -> bool:
        result = await self._session.execute(
            statement, execution_options={"synchronize_session": False}
        )
        return isinstance(result, CursorResult) and result.rowcount == 1


def _is_due(now: datetime, handlers: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        EventDelivery.handled_at.is_(None),
        EventDelivery.parked_at.is_(None),
        EventDelivery.handler.in_(handlers),
        EventDelivery.next_try_at <= now,
        or_(EventDelivery.lease_until.is_(None), EventDelivery.lease_until <= now),
    )


def _is_behind(now: datetime) -> ColumnElement[bool]:
    """Tell whether an earlier event of the lane waits for a later time, or is in work."""
    earlier = aliased(EventDelivery)
    return exists().where(
        earlier.handler == EventDelivery.handler,
        earlier.lane == EventDelivery.lane,
        earlier.event_id < EventDelivery.event_id,
        earlier.handled_at.is_(None),
        earlier.parked_at.is_(None),
        or_(earlier.next_try_at > now, earlier.lease_until > now),
    )


def _held(owed: Owed) -> Update:
    return update(EventDelivery).where(
        EventDelivery.id == owed.id,
        EventDelivery.fence == owed.fence,
        EventDelivery.handled_at.is_(None),
        EventDelivery.parked_at.is_(None),
    )


def _owed(delivery: EventDelivery, event: Event) -> Owed:
    return Owed(
        id=delivery.id,
        handler=delivery.handler,
        lane=delivery.lane,
        fence=delivery.fence + 1,
        attempts=delivery.attempts,
        event=HeardEvent(
            id=event.id,
            kind=event.kind,
            at=event.at,
            actor_kind=event.actor_kind,
            actor_id=event.actor_id,
            actor_name=event.actor_name,
            resource_id=event.resource_id,
            summary=event.summary,
            data=event.data,
        ),
    )
