"""Disks that sleep at night, and drives whose turn did not come: what is told of them."""

from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.drive_round import DriveAnswer
from app.services.infrastructure.facts.smart.answer import read_drive
from app.services.infrastructure.facts.smart.report import ReadState, SmartReport
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.storage.readings import store_report
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ARGV, ata, attribute, with_attributes
from tests.services.infrastructure.storage.test_ledger import disk, drives, events, lists, reads

ASLEEP = "smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def test_a_disk_that_sleeps_every_night_fills_no_history(site: Site) -> None:
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "R-1"))
    ill = with_attributes(attribute(197, "Current_Pending_Sector", 24))
    for report in (ata(), ASLEEP, ata(), ASLEEP, ata(), ASLEEP, ill, ASLEEP, ill):
        reads(machine, ("/dev/sda", "sat", report))
        await site.collector().collect_server(server_id)
        site.clock.advance(timedelta(hours=6))
    (row,) = await drives(site)
    assert await events(site, row.id) == ["first_seen", "verdict", "verdict"]
    assert row.level == "failing", "What it became in its sleep is told when it wakes."


async def test_a_drive_whose_turn_did_not_come_keeps_its_verdict_until_that_is_old(
    site: Site,
) -> None:
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "R-1"))
    reads(machine, ("/dev/sda", "sat", ata()))
    await site.collector().collect_server(server_id)
    device = ScannedDevice(name="/dev/sda", type="sat")
    unreached = DriveAnswer(device, SmartReport(state=ReadState.NOT_REACHED, detail="Too late."))
    (row,) = await drives(site)
    now = site.clock.now()
    store_report(row, unreached, now + timedelta(hours=6))
    assert (row.level, row.read_state, row.read_at) == ("ok", "read", now)
    store_report(row, unreached, now + timedelta(days=3))
    assert (row.level, row.read_state, row.known_level) == ("unknown", "not_reached", "ok")


@pytest.mark.parametrize(
    "mode",
    ["STANDBY", "SLEEP", "STANDBY (OS)", "STANDBY_Z", "STANDBY_Y BY TIMER", "STANDBY BY COMMAND",
     "LOW POWER", "IDLE_C BY TIMER"],
)  # fmt: skip
def test_every_word_of_smartctl_for_a_sleeping_disk_is_known(mode: str) -> None:
    """ATA and SAS have words of their own; the list is that of smartctl 7.3 and 7.4."""
    said = f"smartctl 7.4 x\nDevice is in {mode} mode, exit(2)\n"
    report = read_drive(CommandResult(ARGV, Outcome.RAN, 2, said, ""))
    assert report.state is ReadState.STANDBY
