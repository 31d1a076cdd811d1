"""Old events are dropped with what was owed to them; what still waits stays."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.event_delivery import EventDelivery
from app.services.core.event_retention import EventRetention
from tests.fixtures.outbox import tell, told
from tests.services.core.test_events import Hearer, ring

pytestmark = pytest.mark.both_engines
KEEP = timedelta(days=30)


async def test_old_events_go_with_their_deliveries_and_new_ones_stay(
    database: Database, clock: ManualClock
) -> None:
    hearer = Hearer()
    await ring(database, clock, *(("north", number) for number in range(5)))
    await tell(database, clock, [hearer.row()])
    clock.advance(KEEP)
    await ring(database, clock, ("south", 1))
    await tell(database, clock, [hearer.row()])
    clock.advance(timedelta(seconds=1))
    assert await EventRetention(database, clock, KEEP).run() == 5
    assert [event.object_name for event in await told(database)] == ["south"]
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(EventDelivery)) == 1


async def test_what_waits_is_kept_however_old_it_is(database: Database, clock: ManualClock) -> None:
    await ring(database, clock, ("north", 1), ("south", 2))
    clock.advance(KEEP * 2)
    assert await EventRetention(database, clock, KEEP).run() == 0  # not even handed out
    hearer = Hearer(fails_on={1})
    await tell(database, clock, [hearer.row()])
    assert await EventRetention(database, clock, KEEP).run() == 1
    hearer.fails_on.clear()
    clock.advance(timedelta(minutes=1))
    await tell(database, clock, [hearer.row()])
    assert hearer.heard == [("south", 2), ("north", 1)]
