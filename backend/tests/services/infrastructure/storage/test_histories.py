"""Whole histories of drives, replayed: when exactly an alert begins, changes and ends."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.config import CollectPart
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert
from app.models.infrastructure.storage_device import StorageDevice
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import Document, ata, attribute
from tests.services.infrastructure.storage.test_ledger import (
    LSBLK,
    SCAN,
    disk,
    drives,
    events,
    lists,
    reads,
    slow,
    told,
)

NAMES = {5: "Reallocated_Sector_Ct", 197: "Current_Pending_Sector", 199: "UDMA_CRC_Error_Count"}
DAYS = 24
ASLEEP = "smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"
# The one program that is asked of a drive, and the two of its forms that do not reach one.
QUESTIONS_TO_NO_DRIVE = (("smartctl", "--version"), SCAN)


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def counts(serial: str = "WD-1", **raw: int) -> Document:
    """Return a disk with these counters: `a5=3` are three reallocated sectors."""
    rows = [attribute(int(name[1:]), NAMES[int(name[1:])], value) for name, value in raw.items()]
    return ata(serial_number=serial, ata_smart_attributes={"table": rows})


async def now_firing(site: Site) -> dict[str, str]:
    """Return the alerts of drives that fire, with their severity."""
    async with site.database.snapshot() as session:
        rows = await session.scalars(select(Alert).where(Alert.state == "firing"))
        return {row.kind: str(row.severity) for row in rows if row.kind.startswith("drive")}


async def replay(site: Site, days: Sequence[Document]) -> list[tuple[int, Mapping[str, str]]]:
    """Read a drive once a day; return the days on which what fires changed, from the first on.

    `verdict` is that of the drive in the bay, where something fires.
    """
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    changes: list[tuple[int, Mapping[str, str]]] = []
    for day, document in enumerate(days):
        serial = str(document["serial_number"])
        lists(machine, disk("sda", serial))
        reads(machine, ("/dev/sda", "sat", document))
        await slow(site, server_id)
        firing = await now_firing(site)
        if firing:
            (row,) = [one for one in await drives(site) if one.serial == serial]
            firing["verdict"] = row.level
        if firing != (changes[-1][1] if changes else {}):
            changes.append((day, firing))
        site.clock.advance(timedelta(days=1))
    return changes


async def test_a_count_that_stays_where_it_was_first_seen_never_alarms(site: Site) -> None:
    assert await replay(site, [counts(a199=87)] * DAYS) == []


async def test_slow_growth_alarms_at_the_first_sector_and_stays_a_warning(site: Site) -> None:
    days = [counts(a5=day // 10) for day in range(DAYS)]
    assert await replay(site, days) == [(10, {"drive_health": "warning", "verdict": "warning"})]


async def test_a_burst_is_critical_at_once_and_a_warning_when_it_is_over(site: Site) -> None:
    days = [counts(a5=0 if day < 10 else 12) for day in range(DAYS)]
    found = await replay(site, days)
    # A week later the burst is growth like any other, and the open alert says so.
    assert found == [
        (10, {"drive_health": "critical", "verdict": "failing"}),
        (17, {"drive_health": "warning", "verdict": "warning"}),
    ]


async def test_a_replaced_drive_is_told_as_gone_and_the_new_one_begins_afresh(site: Site) -> None:
    days = [counts("OLD", a5=0 if day < 5 else 20) for day in range(8)]
    days += [counts("NEW", a5=0, a199=3)] * 6
    ill = {"drive_health": "critical", "verdict": "failing"}
    assert await replay(site, days) == [
        (5, ill),
        (8, {**ill, "verdict": "ok"}),  # of the new one; whether the old comes back is open
        (9, {**ill, "verdict": "ok", "drive_gone": "critical"}),  # until somebody retires it
    ]
    rows = {row.serial: row for row in await drives(site)}
    assert (rows["NEW"].level, rows["OLD"].state) == ("ok", "gone")
    assert rows["NEW"].baseline["crc_errors"] == 3


async def test_what_is_bad_at_first_sight_is_told_at_the_very_first_scan(site: Site) -> None:
    assert await replay(site, [counts(a197=24)] * 4) == [
        (0, {"drive_health": "critical", "verdict": "failing"})
    ]


async def test_a_host_that_is_installed_anew_keeps_its_drives(site: Site) -> None:
    """The same name and address, another system: the drives are known by their serial numbers."""
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "A-1"), disk("sdb", "A-2", "0x5000c50000000002"))
    reads(machine, ("/dev/sda", "sat", counts("A-1", a5=3)))
    await slow(site, server_id)
    before = {row.serial: (row.id, row.first_seen_at) for row in await drives(site)}
    lists(machine, disk("sda", "A-2", "0x5000c50000000002"), disk("sdb", "A-1"))
    reads(machine, ("/dev/sdb", "sat", counts("A-1", a5=3)))
    site.clock.advance(timedelta(hours=2))
    await slow(site, server_id)
    rows = {row.serial: row for row in await drives(site)}
    assert {serial: (row.id, row.first_seen_at) for serial, row in rows.items()} == before
    assert (rows["A-1"].name, rows["A-1"].baseline["reallocated"]) == ("sdb", 3)
    assert rows["A-1"].reasons[0]["code"] == "reallocated_sectors"


async def test_two_drives_that_change_their_slots_keep_their_histories(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "A-1", address="0:0:0:0"), disk("sdb", "A-2", address="1:0:0:0"))
    reads(machine, ("/dev/sda", "sat", counts("A-1", a5=40)),
          ("/dev/sdb", "sat", counts("A-2", a5=0)))  # fmt: skip
    await slow(site, server_id)
    first = {row.serial: row.id for row in await drives(site)}
    lists(machine, disk("sda", "A-2", address="0:0:0:0"), disk("sdb", "A-1", address="1:0:0:0"))
    reads(machine, ("/dev/sda", "sat", counts("A-2", a5=0)),
          ("/dev/sdb", "sat", counts("A-1", a5=40)))  # fmt: skip
    site.clock.advance(timedelta(hours=6))
    await slow(site, server_id)
    rows = {row.serial: row for row in await drives(site)}
    assert {serial: row.id for serial, row in rows.items()} == first
    assert (rows["A-1"].level, rows["A-2"].level) == ("warning", "ok")
    assert "renamed" in await events(site, first["A-1"])
    assert [kind for kind, _ in await told(site)] == ["drive_health"]


async def test_drives_whose_wwn_is_all_zeros_are_told_apart_by_their_place(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    zero = "0x0000000000000000"
    lists(machine, disk("sda", "", zero), disk("sdb", "", zero))
    await site.collector().collect_due()
    before = {row.name: row.id for row in await drives(site)}
    await site.next_cycle()
    assert {row.name: row.id for row in await drives(site)} == before
    assert {row.wwn for row in await drives(site)} == {""}


async def test_a_day_of_rounds_wakes_no_disk_and_one_that_hangs_costs_only_itself(
    site: Site,
) -> None:
    """The drive that sleeps notes whatever reaches it without `-n standby`: nothing may."""
    server_id = await site.enter("nas", username="root", slow_due_at=site.clock.now())
    machine = site.machine(server_id)
    lists(machine, disk("sda", "S-1"), disk("sdb", "S-2"), disk("sdc", "S-3"))
    ill = ("/dev/sdc", "sat", counts("S-3", a197=24))
    reads(machine, ("/dev/sda", "sat", ASLEEP), ("/dev/sdb", "sat", ata()), ill)
    hung = ("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sdb")
    machine.hangs(*hung)
    site.settings = CollectPart(standard_seconds=900)
    collector, rounds = site.collector(), 24 * 4
    for _ in range(rounds):
        await site.next_cycle(collector)
    reached = [one.argv for one in machine.calls if "/dev/sda" in one.argv]
    assert len(reached) == 4, "Every six hours."
    assert all(argv[1:3] == ("-n", "standby") for argv in reached), "A wake-up."
    programs = {one.argv[0] for one in machine.calls}
    assert programs.isdisjoint({"hdparm", "dd", "lvm", "vgs", "pvs", "lvs", "mdadm", "blkid"})
    assert sum(one.argv == LSBLK for one in machine.calls) > rounds // 4
    smart = {one.argv for one in machine.calls if one.argv[0] == "smartctl"}
    waking = {argv for argv in smart if argv[1:3] != ("-n", "standby")}
    assert waking <= set(QUESTIONS_TO_NO_DRIVE)
    levels = {row.name: (row.level, row.read_state) for row in await drives(site)}
    assert levels["sda"] == ("unknown", "standby")
    # A scripted machine takes no time: that one ended so soon is said to be the round's budget.
    assert levels["sdb"] == ("unknown", "not_reached")
    assert levels["sdc"][0] == "failing", "The neighbours of one that hangs are read."


async def acknowledged(site: Site, device_id: UUID) -> None:
    async with site.database.transaction() as session:
        row = await session.get(StorageDevice, device_id)
        assert row is not None
        row.acknowledged = {
            str(one["code"]): {"value": one["value"], "by": "ann", "at": ""} for one in row.reasons
        }


async def test_what_is_acknowledged_is_quiet_until_the_very_reading_that_changes_it(
    site: Site,
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-1"))
    heard: list[int] = []
    for day in range(12):
        reads(machine, ("/dev/sda", "sat", counts(a5=20 if day < 8 else 21)))
        await slow(site, server_id)
        if await now_firing(site):
            heard.append(day)
        if day == 2:
            (row,) = await drives(site)
            await acknowledged(site, row.id)
        site.clock.advance(timedelta(days=1))
    assert heard == [0, 1, 2, 8, 9, 10, 11]
