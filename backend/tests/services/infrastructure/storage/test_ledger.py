"""Drives keep who they are: through renames, moves, sleep, and answers that do not come."""

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.models.infrastructure.storage_device import StorageDevice, StorageDeviceEvent
from app.ports.shell import Outcome
from app.services.infrastructure.facts.block_devices import BlockDevicesFact
from app.services.infrastructure.storage.privileges import drive_commands
from app.services.infrastructure.sudo_lines import sudoers
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import Document, ata, attribute, nvme

LSBLK = BlockDevicesFact.commands[0].argv
SCAN = ("smartctl", "-n", "standby", "-j", "--scan-open")
VERSION = "smartctl 7.3 2022-02-28 r5338 [x86_64-linux] (local build)\n"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def disk(name: str, serial: str = "", wwn: str = "", **fields: object) -> Document:
    return {"name": name, "kname": name, "type": "disk", "size": 4000787030016, "model": "WDC WD40",
            "serial": serial, "wwn": wwn, "rota": True, "tran": "sata", **fields}  # fmt: skip


def lists(machine: FakeShell, *disks: Document) -> None:
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": disks}))


def reads(machine: FakeShell, *drives: tuple[str, str, Document | str]) -> None:
    machine.answers("smartctl", "--version", stdout=VERSION)
    devices = [{"name": name, "type": kind, "protocol": "ATA"} for name, kind, _ in drives]
    scan = {"smartctl": {"exit_status": 0}, "devices": devices}
    machine.answers(*SCAN, stdout=json.dumps(scan))
    for name, kind, answer in drives:
        argv = ("smartctl", "-n", "standby", "-x", "-j", "-d", kind, name)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        machine.answers(*argv, stdout=text)


async def drives(site: Site) -> Sequence[StorageDevice]:
    async with site.database.snapshot() as session:
        rows = await session.scalars(select(StorageDevice).order_by(StorageDevice.name))
        return list(rows)


async def events(site: Site, device_id: UUID) -> list[str]:
    async with site.database.snapshot() as session:
        rows = await session.scalars(
            select(StorageDeviceEvent.kind)
            .where(StorageDeviceEvent.device_id == device_id)
            .order_by(StorageDeviceEvent.at, StorageDeviceEvent.id)
        )
        return list(rows)


async def slow(site: Site, server_id: UUID) -> None:
    await site.collector().collect_server(server_id)


async def test_a_drive_is_entered_with_its_resource(site: Site) -> None:
    server_id = await site.enter("nas")
    lists(site.machine(server_id), disk("sda", "WD-1", "0x50014ee2bb000001"))
    await site.collector().collect_due()
    (row,) = await drives(site)
    assert (row.identity, row.path, row.media) == ("serial:wd-1", "/dev/sda", "hdd")
    async with site.database.snapshot() as session:
        resource = await session.get(Resource, row.id)
    assert resource is not None
    assert (resource.kind, resource.parent_id) == ("storage_device", server_id)
    assert resource.name == "WDC WD40 WD-1 (sda)"


async def test_what_the_drive_does_not_say_of_itself_the_kernel_tells(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    silent = nvme()
    silent.pop("user_capacity", None)
    silent.pop("nvme_total_capacity", None)
    silent["serial_number"] = "N-1"
    reads(machine, ("/dev/nvme0", "nvme", silent))
    await slow(site, server_id)
    lists(machine, disk("nvme0n1", "N-1", tran="nvme"))
    await site.next_cycle()
    (row,) = await drives(site)
    assert row.capacity_bytes == 4000787030016


async def test_a_drive_keeps_its_row_through_renames_and_moves(site: Site) -> None:
    nas, spare = await site.enter("nas"), await site.enter("spare")
    lists(site.machine(nas), disk("sda", "WD-1"), disk("sdb", "WD-2"))
    lists(site.machine(spare), disk("sda", "WD-9"))
    await site.collector().collect_due()
    first = {row.serial: row.id for row in await drives(site)}
    lists(site.machine(nas), disk("sda", "WD-2"))
    await site.next_cycle()
    lists(site.machine(spare), disk("sda", "WD-9"), disk("sdb", "WD-1"))
    await site.next_cycle()
    rows = {row.serial: row for row in await drives(site)}
    assert {serial: row.id for serial, row in rows.items()} == first
    assert (rows["WD-1"].server_id, rows["WD-1"].name) == (spare, "sdb")
    assert (rows["WD-2"].server_id, rows["WD-2"].name) == (nas, "sda")
    assert "renamed" in await events(site, first["WD-2"])
    kinds = await events(site, first["WD-1"])
    assert kinds == ["first_seen", "missing", "moved", "back"]


async def test_drives_that_share_a_wwn_or_have_none_stay_apart(site: Site) -> None:
    server_id = await site.enter("nas")
    same, zero = "0x5000000000000001", "0x0000000000000000"
    lists(
        site.machine(server_id),
        disk("sda", "A-1", same),
        disk("sdb", "A-2", same),
        disk("sdc", "0000000000", zero),
        disk("sdd", "", zero),
        disk("sde", "DUP-1"),
        disk("sdf", "DUP-1"),
    )
    await site.collector().collect_due()
    before = [(row.name, row.id) for row in await drives(site)]
    assert len(before) == 6
    await site.next_cycle()
    assert [(row.name, row.id) for row in await drives(site)] == before


async def test_two_paths_to_one_drive_are_one_drive(site: Site) -> None:
    server_id = await site.enter("nas")
    path = {"children": [{"name": "mpatha", "kname": "dm-0", "type": "mpath", "size": 1}]}
    lists(site.machine(server_id), disk("sda", "S-1", "0x5000c50000000001", **path),
          disk("sdb", "S-1", "0x5000c50000000001", **path))  # fmt: skip
    await site.collector().collect_due()
    assert [row.name for row in await drives(site)] == ["sda"]


async def test_the_same_virtual_disk_in_two_machines_is_two(site: Site) -> None:
    for name in ("one", "two"):
        machine = site.machine(await site.enter(name))
        lists(machine, disk("sda", "QM00001", model="QEMU HARDDISK"))
    await site.collector().collect_due()
    assert len(await drives(site)) == 2


async def test_a_drive_that_is_gone_is_told_after_the_grace_and_ends_when_it_is_back(
    site: Site,
) -> None:
    server_id = await site.enter("nas")
    lists(site.machine(server_id), disk("sda", "A-1"), disk("sdb", "A-2"))
    await site.collector().collect_due()
    lists(site.machine(server_id), disk("sda", "A-1"))
    await site.next_cycle()
    states = [row.state for row in await drives(site)]
    assert states == ["present", "missing"]
    for _ in range(3):
        await site.next_cycle()
    assert [row.state for row in await drives(site)] == ["present", "gone"]
    assert await told(site) == [("drive_gone", "firing")]
    async with site.database.snapshot() as session:
        (message,) = await session.scalars(select(Alert.message))
    assert message == "sdb has not been listed for 15 minutes."
    lists(site.machine(server_id), disk("sda", "A-1"), disk("sdb", "A-2"))
    await site.next_cycle()
    assert [row.state for row in await drives(site)] == ["present", "present"]
    assert await told(site) == [("drive_gone", "resolved")]


async def test_a_list_that_does_not_come_makes_no_drive_missing(site: Site) -> None:
    server_id = await site.enter("nas")
    lists(site.machine(server_id), disk("sda", "A-1"))
    await site.collector().collect_due()
    site.machine(server_id).hangs(*LSBLK)
    await site.next_cycle()
    assert [row.state for row in await drives(site)] == ["present"]


async def told(site: Site) -> list[tuple[str, str]]:
    async with site.database.snapshot() as session:
        rows = await session.scalars(select(Alert).order_by(Alert.began_at))
        return [(row.kind, row.state) for row in rows if row.kind.startswith("drive")]


async def test_a_report_is_stored_judged_and_measured(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"), disk("nvme0n1", "S5H9NS0N000001", tran="nvme"))
    sick = ata(ata_smart_attributes={"table": [attribute(197, "Current_Pending_Sector", 24)]})
    reads(machine, ("/dev/sda", "sat", sick), ("/dev/nvme0", "nvme", nvme()))
    await slow(site, server_id)
    rows = {row.name: row for row in await drives(site)}
    assert (rows["sda"].level, rows["nvme0n1"].level) == ("failing", "ok")
    assert rows["sda"].reasons[0]["code"] == "pending_sectors"
    assert rows["sda"].baseline["pending"] == 24
    assert (rows["nvme0n1"].wear_percent, rows["nvme0n1"].temperature_celsius) == (3, 40)
    assert await told(site) == [("drive_health", "firing")]
    async with site.database.snapshot() as session:
        metrics = set(
            await session.scalars(
                select(MetricSeries.metric).where(MetricSeries.resource_id == rows["nvme0n1"].id)
            )
        )
    assert {"smartctl_device_percentage_used", "smartctl_device_temperature"} <= metrics


async def test_a_garbled_wear_is_shown_as_the_most_that_the_standard_has(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("nvme0n1", "N-1", tran="nvme"))
    reads(machine, ("/dev/nvme0", "nvme", nvme(percentage_used=2**40)))
    await slow(site, server_id)
    (row,) = await drives(site)
    assert (row.wear_percent, row.level) == (255, "warning")


async def test_a_disk_that_falls_asleep_keeps_what_was_known(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"))
    sick = ata(ata_smart_attributes={"table": [attribute(197, "Current_Pending_Sector", 24)]})
    reads(machine, ("/dev/sda", "sat", sick))
    await slow(site, server_id)
    read_at = site.clock.now()
    site.clock.advance(timedelta(hours=6))
    reads(machine, ("/dev/sda", "sat", "smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"))
    await slow(site, server_id)
    (row,) = await drives(site)
    assert (row.level, row.known_level, row.read_state) == ("unknown", "failing", "standby")
    assert row.read_at == read_at
    assert row.reasons
    assert await told(site) == [("drive_health", "firing")], "It has not become well by sleeping."


async def test_no_command_wakes_a_disk_or_writes(site: Site) -> None:
    server_id = await site.enter("nas", sudo="passwordless")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"))
    reads(machine, ("/dev/sda", "sat", ata()))
    await slow(site, server_id)
    asked = [command for command in machine.calls if command.argv[0] == "smartctl"]
    assert len(asked) == 3
    for command in asked[1:]:
        assert command.argv[1:3] == ("-n", "standby")
        assert command.sudo
        assert not {"-s", "--set", "-t", "--test", "-S", "-o"} & set(command.argv)


async def test_a_login_without_sudo_is_never_asked_to_use_it(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"))
    reads(machine, ("/dev/sda", "sat", "smartctl 7.3 x\n/dev/sda: Permission denied\n"))
    await slow(site, server_id)
    assert not any(command.sudo for command in machine.calls)
    (row,) = await drives(site)
    assert (row.level, row.read_state) == ("unknown", "no_right")


async def test_one_drive_that_hangs_leaves_the_others(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"), disk("sdb", "B-2"))
    reads(machine, ("/dev/sda", "sat", ata()), ("/dev/sdb", "sat", ata()))
    machine.answers("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sdb",
                    outcome=Outcome.TIMED_OUT, exit_status=None)  # fmt: skip
    await slow(site, server_id)
    assert [row.level for row in await drives(site)] == ["ok", "unknown"]


async def test_drives_behind_a_controller_are_found_by_smartctl_alone(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "VD-1", model="MR9361-8i"))
    first, second = ata(serial_number="R-1"), ata(serial_number="R-2")
    reads(machine, ("/dev/bus/0", "megaraid,0", first), ("/dev/bus/0", "megaraid,1", second))
    await slow(site, server_id)
    assert [(row.name, row.level) for row in await drives(site)] == [
        ("bus/0 megaraid,0", "ok"),
        ("bus/0 megaraid,1", "ok"),
        ("sda", "unknown"),
    ]
    await site.next_cycle()
    assert {row.state for row in await drives(site)} == {"present"}
    reads(machine, ("/dev/bus/0", "megaraid,0", second))
    await slow(site, server_id)
    rows = {row.smart_serial: row for row in await drives(site)}
    assert rows["R-2"].name == "bus/0 megaraid,0"
    assert rows["R-1"].state == "missing"


async def test_five_hundred_disks_are_entered_and_kept(site: Site) -> None:
    server_id = await site.enter("jbod")
    lists(
        site.machine(server_id),
        *(disk(f"sd{n}", f"S-{n}", f"0x5000c5{n:010x}") for n in range(500)),
    )
    await site.collector().collect_due()
    await site.next_cycle()
    assert len(await drives(site)) == 500


async def test_root_may_run_exactly_what_is_asked_and_nothing_with_wildcards(site: Site) -> None:
    server_id = await site.enter("nas", sudo="passwordless")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"))
    reads(machine, ("/dev/sda", "sat", ata()))
    await slow(site, server_id)
    async with site.database.snapshot() as session:
        commands = await drive_commands(session, server_id)
    asked = [one.argv for one in machine.calls if one.sudo and one.argv[0] == "smartctl"]
    assert [command.argv for command in commands] == asked
    lines = await sudoers(machine, "unity", commands)
    assert lines == [
        "unity ALL=(root) NOPASSWD: /usr/sbin/smartctl -n standby -j --scan-open",
        "unity ALL=(root) NOPASSWD: /usr/sbin/smartctl -n standby -x -j -d sat /dev/sda",
    ]


async def test_what_stands_on_a_drive_is_known_from_the_first_sight(site: Site) -> None:
    server_id = await site.enter("nas")
    part = {"name": "sda1", "kname": "sda1", "type": "part", "size": 1, "mountpoint": "/srv"}
    lists(site.machine(server_id), disk("sda", "A-1", children=[part]))
    await site.collector().collect_due()
    assert [row.uses for row in await drives(site)] == [["/srv"]]
