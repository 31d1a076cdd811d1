"""The outbox and its dispatcher: in order, each failure by itself, nothing lost, nothing twice."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import select

from app.kernel.clock import Clock, ManualClock
from app.kernel.database import Database, Session
from app.kernel.errors import Conflict
from app.kernel.ids import uuid7
from app.models.core.event_delivery import EventDelivery
from app.services.core.announcements import Announcement
from app.services.core.dispatcher import MOST_ATTEMPTS, DispatchTiming, EventDispatcher
from app.services.core.event_queue import EventQueue
from app.services.core.hearing import HeardEvent, Subscription
from app.services.core.outbox import Outbox
from app.services.core.permissions import system
from app.services.core.resources import NewResource, ResourceService
from tests.fixtures.outbox import tell, told

pytestmark = pytest.mark.both_engines


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Announcement):
    kind: ClassVar[str] = "bell.rang"

    number: int
    by: uuid.UUID | None = None

    def summary(self) -> str:
        return f"Bell {self.object_name} rang {self.number}"


@dataclass
class Hearer:
    """Writes down what it hears as a resource, in the transaction that it is given."""

    heard: list[tuple[str, int]] = field(default_factory=list)
    fails_on: set[int] = field(default_factory=set)

    async def hear(self, session: Session, event: HeardEvent) -> None:
        rang = event.told(Rang)
        new = NewResource(uuid7(), "bell", f"{rang.object_name} {rang.number}")
        await ResourceService(session, ManualClock(event.at)).create(new)
        if rang.number in self.fails_on:
            raise Conflict(f"Bell {rang.number} is broken.")
        self.heard.append((rang.object_name, rang.number))

    def row(self, handler: str = "tests.hearer", kind: str = "bell.*") -> Subscription:
        return Subscription(kind, handler, self.hear)


BELLS = {name: uuid7() for name in ("north", "south")}


async def ring(database: Database, clock: Clock, *rings: tuple[str, int]) -> None:
    async with database.transaction() as session:
        for name, number in rings:
            rang = Rang(object_kind="bell", object_id=BELLS[name], object_name=name, number=number)
            Outbox(session, clock).announce(system("tests"), rang)


async def deliveries(database: Database) -> Sequence[EventDelivery]:
    async with database.snapshot() as session:
        return (await session.scalars(select(EventDelivery).order_by(EventDelivery.id))).all()


async def test_what_is_announced_is_heard_once_and_in_order(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer()
    rings = [(name, number) for number in range(60) for name in BELLS]
    await ring(database, clock, *rings)
    assert await tell(database, clock, [hearer.row()]) == 120
    assert await tell(database, clock, [hearer.row()]) == 0
    assert hearer.heard == rings


async def test_a_rolled_back_change_is_never_told(database: Database, clock: ManualClock) -> None:
    rang = Rang(object_kind="bell", object_id=None, object_name="north", number=1)
    async with database.transaction() as session:
        Outbox(session, clock).announce(system("tests"), rang)
        await session.rollback()
    assert await told(database) == []


async def test_a_commit_with_an_announcement_rings_and_another_does_not(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        await ResourceService(session, clock).create(NewResource(uuid7(), "bell", "north"))
    assert not database.announced.is_set()
    await ring(database, clock, ("north", 1))
    assert database.announced.is_set()


async def test_an_event_that_nobody_hears_is_handed_out_and_done(
    database: Database, clock: ManualClock
) -> None:
    await ring(database, clock, ("north", 1))
    assert await tell(database, clock, [Hearer().row(kind="other.*")]) == 0
    assert [event.dispatched_at for event in await told(database)] == [clock.now()]
    assert await deliveries(database) == []


async def test_a_handler_that_fails_keeps_nothing_and_repeats_nothing_of_the_others(
    database: Database, clock: ManualClock
) -> None:
    broken, well = Hearer(fails_on={1}), Hearer()
    table = [broken.row("a.broken"), well.row("b.well")]
    await ring(database, clock, ("north", 1))
    assert await tell(database, clock, table) == 1
    async with database.snapshot() as session:
        owed = (await session.scalars(select(EventDelivery))).all()
    assert {one.handler: one.handled_at is not None for one in owed} == {
        "a.broken": False,
        "b.well": True,
    }
    broken.fails_on.clear()
    clock.advance(timedelta(seconds=5))
    assert await tell(database, clock, table) == 1
    assert (broken.heard, well.heard) == ([("north", 1)], [("north", 1)])


async def test_what_follows_a_failure_waits_in_its_own_lane_only(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer(fails_on={1})
    await ring(database, clock, ("north", 1), ("north", 2), ("south", 3))
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("south", 3)]
    hearer.fails_on.clear()
    await ring(database, clock, ("north", 4))
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("south", 3)]
    clock.advance(timedelta(seconds=5))
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("south", 3), ("north", 1), ("north", 2), ("north", 4)]


async def test_what_fails_too_often_is_parked_and_lets_the_others_pass(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer(fails_on={1})
    await ring(database, clock, ("north", 1), ("north", 2))
    for _ in range(MOST_ATTEMPTS):
        await tell(database, clock, [hearer.row()])
        clock.advance(timedelta(hours=1))
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("north", 2)]
    parked = (await deliveries(database))[0]
    assert parked.parked_at is not None
    assert parked.attempts == MOST_ATTEMPTS
    assert parked.error == "Bell 1 is broken."


async def test_a_handler_that_hangs_is_given_up_and_tried_again(
    database: Database, clock: ManualClock
) -> None:
    async def hang(_session: Session, _event: HeardEvent) -> None:
        await asyncio.sleep(60)

    await ring(database, clock, ("north", 1))
    timing = DispatchTiming(handler_seconds=0.05)
    table = [Subscription("bell.rang", "tests.hang", hang)]
    assert await EventDispatcher(database, clock, table, timing=timing).dispatch() == 0
    assert (await deliveries(database))[0].error == "It took too long."


async def test_what_kills_its_process_every_time_is_parked(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer()
    await ring(database, clock, ("north", 1), ("north", 2))
    lease = timedelta(seconds=30)
    for _ in range(MOST_ATTEMPTS):
        async with database.transaction() as session:
            queue = EventQueue(session, clock)
            await queue.hand_out([hearer.row()], limit=10)
            (owed,) = await queue.claim(["tests.hearer"], limit=1, lease=lease)
            assert await queue.begin(owed, lease)
        clock.advance(lease)  # the process died
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("north", 2)]


async def test_a_worker_whose_lease_ran_out_can_no_longer_handle(
    database: Database, clock: ManualClock
) -> None:
    lease = timedelta(seconds=30)
    await ring(database, clock, ("north", 1))
    async with database.transaction() as session:
        queue = EventQueue(session, clock)
        await queue.hand_out([Hearer().row()], limit=10)
        (late,) = await queue.claim(["tests.hearer"], limit=1, lease=lease)
        assert await queue.claim(["tests.hearer"], limit=1, lease=lease) == []
    clock.advance(lease)
    hearer = Hearer()
    await tell(database, clock, [hearer.row()])
    async with database.transaction() as session:
        queue = EventQueue(session, clock)
        assert not await queue.begin(late, lease)
        assert not await queue.mark(late)
    assert hearer.heard == [("north", 1)]


async def test_two_workers_share_the_work_and_do_nothing_twice(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer()
    await ring(database, clock, *((name, number) for number in range(40) for name in BELLS))
    timing = DispatchTiming(batch=7)
    workers = [EventDispatcher(database, clock, [hearer.row()], timing=timing) for _ in range(3)]
    handled = await asyncio.gather(*(worker.dispatch() for worker in workers))
    handled.append(await tell(database, clock, [hearer.row()]))
    assert sum(handled) == 80
    for name in BELLS:
        assert [n for bell, n in hearer.heard if bell == name] == list(range(40))


async def test_a_dispatcher_that_is_stopped_gives_back_what_it_had_claimed(
    database: Database, clock: ManualClock
) -> None:
    has_begun = asyncio.Event()

    async def hang(_session: Session, _event: HeardEvent) -> None:
        has_begun.set()
        await asyncio.sleep(60)

    await ring(database, clock, ("north", 1), ("south", 2))
    table = [Subscription("*", "tests.hearer", hang)]
    async with asyncio.TaskGroup() as group:
        working = group.create_task(EventDispatcher(database, clock, table).dispatch())
        await has_begun.wait()
        working.cancel()
    hearer = Hearer()
    assert await tell(database, clock, [hearer.row()]) == 2


def test_keys_made_within_a_millisecond_rise() -> None:
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
