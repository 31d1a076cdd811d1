"""Hundreds of drives with a week of readings each: their risk is told from the newest alone."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.resource import Resource
from app.models.infrastructure.storage_device import StorageDevice
from app.schemas.infrastructure.forecast import RiskQuery
from app.services.infrastructure.foresight.forecast_list import ForecastList
from tests.services.infrastructure.collecting import Site

DRIVES, READINGS = 500, 32
MOST_BYTES = 4_000_000
NAMES = (
    "reallocated",
    "pending",
    "offline_uncorrectable",
    "crc_errors",
    "temperature",
    "wear",
    "reported_uncorrectable",
    "reallocation_events",
    "spin_retries",
    "command_timeouts",
)


def week(now: datetime, newest: int) -> list[list[object]]:
    """Return a reading every six hours; only the newest has sectors that wait."""
    points: list[list[object]] = []
    for place in range(READINGS):
        at = now - timedelta(hours=6 * (READINGS - 1 - place))
        counts = dict.fromkeys(NAMES, 0)
        points.append([at.timestamp(), counts])
    points[-1][1] = {**dict.fromkeys(NAMES, 0), "pending": newest}
    return points


async def filled(database: Database, server_id: UUID, now: datetime) -> None:
    async with database.transaction() as session:
        drives = [
            StorageDevice(
                id=uuid7(), server_id=server_id, identity=f"serial:{n}", name=f"sd{n}",
                media="hdd", recent=week(now, n % 5), state="present", first_seen_at=now,
                last_seen_at=now, created_at=now, updated_at=now,
            )
            for n in range(DRIVES)
        ]  # fmt: skip
        empty = StorageDevice(
            id=uuid7(), server_id=server_id, identity="serial:none", name="sdnone", media="hdd",
            recent=[], state="present", first_seen_at=now, last_seen_at=now, created_at=now,
            updated_at=now,
        )  # fmt: skip
        for drive in (*drives, empty):
            session.add(
                Resource(
                    id=drive.id, kind="storage_device", name=drive.name, server_id=server_id,
                    parent_id=server_id, created_at=now, updated_at=now,
                )
            )  # fmt: skip
        await session.flush()
        session.add_all([*drives, empty])


@pytest.mark.both_engines
async def test_the_risk_of_hundreds_of_drives_is_told_from_their_newest_readings(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    server_id = await Site(database, clock, vault).enter("jbod")
    await filled(database, server_id, datetime(2026, 1, 1, tzinfo=UTC))
    async with database.snapshot() as session:
        tracemalloc.start()
        page = await ForecastList(session, clock).risks(RiskQuery(per_page=10))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert page.total == DRIVES + 1
    assert {one.value for one in page.items} <= {3, 4}, "The newest, and the worst of them."
    assert page.items[0].least == pytest.approx(0.337, abs=0.001)
    assert peak < MOST_BYTES, f"{peak} bytes: all readings of all drives at once."
    async with database.snapshot() as session:
        found = await ForecastList(session, clock).risks(RiskQuery(q="sdnone"))
    assert [one.why for one in found.items] == ["Its attributes were not read."]
