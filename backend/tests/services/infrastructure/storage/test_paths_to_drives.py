"""One drive that is found by several ways: paths of SAS, a controller's slot, a USB bridge."""

from uuid import UUID

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.storage.identity import Seen, one_of_each
from app.services.infrastructure.storage.sightings import place_of
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import disk, drives, events, lists, reads

NAA = "0x5000c50000000001"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def slow_rounds(site: Site, server_id: UUID) -> list[tuple[str, str, str]]:
    for _ in range(3):
        await site.collector().collect_server(server_id)
    return [(row.name, row.smart_serial, row.level) for row in await drives(site)]


async def test_a_disk_that_its_raid_controller_passes_through_is_one_drive(site: Site) -> None:
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "R-1", NAA))
    report = ata(serial_number="R-1")
    for order in (slice(None), slice(None, None, -1)):
        found = [("/dev/sda", "sat", report), ("/dev/bus/0", "megaraid,0", report)][order]
        reads(machine, *found)
        assert await slow_rounds(site, server_id) == [("sda", "R-1", "ok")]
    (row,) = await drives(site)
    assert (row.path, row.smart_type, row.is_behind_controller) == ("/dev/sda", "sat", False)
    assert await events(site, row.id) == ["first_seen", "verdict"]


async def test_a_disk_with_two_paths_is_read_as_one_drive(site: Site) -> None:
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "R-1", NAA), disk("sdb", "R-1", NAA))
    report = ata(serial_number="R-1")
    reads(machine, ("/dev/sda", "scsi", report), ("/dev/sdb", "scsi", report))
    assert await slow_rounds(site, server_id) == [("sda", "R-1", "ok")]
    (row,) = await drives(site)
    assert row.is_behind_controller is False
    assert await events(site, row.id) == ["first_seen", "verdict"]


async def test_a_disk_behind_a_usb_bridge_is_the_one_that_the_kernel_lists(site: Site) -> None:
    for kind in ("sat,12", "usbjmicron,p", "sat"):
        server_id = await site.enter(f"box {kind}", username="root")
        machine = site.machine(server_id)
        lists(machine, disk("sdb", f"USB-{kind}", tran="usb"))
        reads(machine, ("/dev/sdb", kind, ata(serial_number=f"R-{kind}")))
        await slow_rounds(site, server_id)
    assert [(row.name, row.smart_serial, row.level) for row in await drives(site)] == [
        ("sdb", "R-sat,12", "ok"),
        ("sdb", "R-usbjmicron,p", "ok"),
        ("sdb", "R-sat", "ok"),
    ]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("sat", "sda"),
        ("sat,16", "sda"),
        ("usbjmicron", "sda"),
        ("usbjmicron,x", "sda"),
        ("sntjmicron", "sda"),
        ("usbjmicron,1", "sda usbjmicron,1"),
        ("megaraid,4", "sda megaraid,4"),
        ("sat+megaraid,4", "sda sat+megaraid,4"),
        ("cciss,0", "sda cciss,0"),
        ("3ware,3", "sda 3ware,3"),
        ("areca,3/1", "sda areca,3/1"),
        ("aacraid,0,0,4", "sda aacraid,0,0,4"),
        ("jmb39x,2", "sda jmb39x,2"),
    ],
)
def test_only_a_number_of_a_slot_makes_another_place(kind: str, place: str) -> None:
    assert place_of(ScannedDevice(name="/dev/sda", type=kind), ["sda"]) == place


def test_two_disks_of_a_case_that_gives_both_one_serial_and_one_wwn_stay_two() -> None:
    small = Seen("sda", "0123456789ABCDEF", "5000000000000001", capacity_bytes=2 * 10**12)
    large = Seen("sdb", "0123456789ABCDEF", "5000000000000001", capacity_bytes=4 * 10**12)
    assert [one.name for one in one_of_each([small, large])] == ["sda", "sdb"]
