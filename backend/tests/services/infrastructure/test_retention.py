"""What happened long ago goes, each kind of resource after its own time."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.clock import ManualClock
from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.models.base import Base
from app.models.core.alert import Alert, AlertState
from app.models.core.retention_period import RetentionPeriod
from app.models.infrastructure.collection import CollectionRun, StatusChange
from app.models.infrastructure.storage_device import StorageDeviceEvent
from app.services.infrastructure.retention import forget_old
from tests.services.infrastructure.reports.house import House

pytestmark = pytest.mark.both_engines
DAY = timedelta(days=1)


async def own(house: House, kind: str, days: int) -> None:
    async with house.database.transaction() as session:
        session.add(
            RetentionPeriod(
                kind=kind, history_days=days, created_at=house.now, updated_at=house.now
            )
        )


async def count(house: House, model: type[Base]) -> int:
    async with house.database.snapshot() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def history(house: House) -> None:
    """Let a server and a drive have had an eventful year."""
    server = await house.server("nas")
    drive = await house.drive(server, "sda")
    for days in (5, 50, 350, 450):
        ago = days * DAY
        await house.change(server, ago, "online", "offline")
        await house.judged(drive, ago, "ok", "watch")
        await house.alert(server, f"of the server {days}", ago)
        await house.alert(drive, f"of the drive {days}", ago)
        async with house.database.transaction() as session:
            session.add(
                CollectionRun(
                    server_id=server,
                    rate="standard",
                    started_at=house.now - ago,
                    seconds=1.0,
                    status="online",
                    facts_read=1,
                    facts_failed=0,
                    samples=1,
                )
            )
    going_on = {"state": AlertState.FIRING, "resolved_at": None}
    await house.alert(server, "since years", 900 * DAY, **going_on)


@pytest.fixture
def house(database: Database, clock: ManualClock) -> House:
    return House(database, clock)


async def left(house: House) -> list[int]:
    await forget_old(house.database, house.clock, 30 * DAY, MetricsPart())
    models = (CollectionRun, StatusChange, StorageDeviceEvent)
    return [await count(house, model) for model in models]


async def alerts(house: House) -> set[str]:
    async with house.database.snapshot() as session:
        return set(await session.scalars(select(Alert.title)))


async def test_by_default_a_drive_remembers_its_life_and_a_server_a_year(house: House) -> None:
    await history(house)
    assert await left(house) == [1, 3, 4]
    of_the_server = {f"of the server {days}" for days in (5, 50, 350)}
    of_the_drive = {f"of the drive {days}" for days in (5, 50, 350, 450)}
    assert await alerts(house) == {*of_the_server, *of_the_drive, "since years"}


async def test_a_kind_with_a_time_of_its_own_goes_by_it(house: House) -> None:
    await history(house)
    await own(house, "storage_device", 100)
    await own(house, "server", 10)
    assert await left(house) == [1, 1, 2]
    kept = {"of the server 5", "of the drive 5", "of the drive 50", "since years"}
    assert await alerts(house) == kept, "what goes on is never forgotten"
