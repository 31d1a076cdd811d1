"""What a machine should not say, and says: each has a clear state, and the rest survives it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.monitored_server import ServerStatus
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import Site, df
from tests.services.infrastructure.storage.reports import ata, attribute
from tests.services.infrastructure.storage.test_ledger import LSBLK, disk, drives, lists, reads

WARNINGS = "WARNING: database is old {really}\nlibfoo: [deprecated] call\n"
ASK = ("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sda")
ZPOOL = next(one for one in FACTS if one.name == "zfs_pools")
(JSON_POOL,) = load(ZPOOL, FOLDER / "zfs_pools" / "made-json-2.3.yaml").results
DISKS = {"blockdevices": [disk("sda", "S-1"), disk("sdb", "S-2")]}


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def healthy(machine: FakeShell) -> None:
    """Teach a machine two drives, of which one can be read, and a pool."""
    machine.answers(*LSBLK, stdout=json.dumps(DISKS))
    reads(machine, ("/dev/sda", "sat", ata(serial_number="S-1")))
    machine.answers(*STATUS.argv, stdout=JSON_POOL.stdout)


async def pools(site: Site) -> list[StoragePool]:
    async with site.database.snapshot() as session:
        return list(await session.scalars(select(StoragePool)))


async def troubles(site: Site) -> dict[str, str]:
    """Return what is said of each fact that could not be read."""
    async with site.database.snapshot() as session:
        rows = await session.scalars(select(FactState.troubles))
        return {fact: entry["trouble"] for text in rows for fact, entry in json.loads(text).items()}


def french_zpool(machine: FakeShell) -> None:
    text = "tank\t1\t9\t9\t9\t1\t1\tONLINE\toff\n== status ==\n  groupe: tank\n  état: EN LIGNE\n"
    machine.answers(*STATUS.argv, stdout=text)


def german_lsblk(machine: FakeShell) -> None:
    machine.answers(*LSBLK, stdout="lsblk: Unbekannte Spalte\nName Größe\nsda 4T\n")


def cut_lsblk(machine: FakeShell) -> None:
    text = json.dumps(DISKS)
    machine.answers(*LSBLK, stdout=text[: text.rindex("S-2")])


def cut_zpool(machine: FakeShell) -> None:
    machine.answers(*STATUS.argv, stdout=JSON_POOL.stdout[: len(JSON_POOL.stdout) // 2])


def later_zpool(machine: FakeShell) -> None:
    text = "tank\t1\t9\t9\t9\t1\t1\tONLINE\toff\n== status ==\npool tank is SPLENDID\n"
    machine.answers(*STATUS.argv, stdout=text)


@pytest.mark.parametrize(
    ("fact", "spoil"),
    [
        ("zfs_pools", french_zpool),
        ("zfs_pools", cut_zpool),
        ("zfs_pools", later_zpool),
        ("block_devices", german_lsblk),
        ("block_devices", cut_lsblk),
    ],
)
async def test_another_language_an_unknown_version_or_half_an_answer_changes_nothing_that_was_known(
    site: Site, fact: str, spoil: Callable[[FakeShell], None]
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    healthy(machine)
    await site.collector().collect_server(server_id)
    spoil(machine)
    site.clock.advance(timedelta(minutes=5))
    await site.collector().collect_server(server_id)
    assert (await troubles(site))[fact] == "unparsable"
    assert {row.state for row in await drives(site)} == {"present"}
    (pool,) = await pools(site)
    assert (pool.missing_since, pool.state) == (None, "ONLINE")
    server = await site.server(server_id)
    assert server.status == ServerStatus.DEGRADED
    assert "memory" not in await troubles(site), "The rest is read."


async def test_a_machine_that_lacks_every_tool_is_online_and_says_so_once(site: Site) -> None:
    server_id = await site.enter("box")
    await site.collector().collect_server(server_id)
    server = await site.server(server_id)
    assert server.status == ServerStatus.ONLINE
    said = await troubles(site)
    tools = {"zfs_pools", "block_devices", "smart_tools", "packages", "units"}
    assert {said[one] for one in tools} == {"absent"}
    assert (await drives(site), await pools(site)) == ([], [])


@pytest.mark.parametrize(
    ("version", "level"),
    [("smartctl 99.0 2031-01-01 r9 [x86_64-linux]\n", "ok"), ("smartctl\n", "unknown")],
)
async def test_a_smartctl_of_the_future_is_read_as_far_as_it_is_documented(
    site: Site, version: str, level: str
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    healthy(machine)
    machine.answers("smartctl", "--version", stdout=version)
    later = ata(serial_number="S-1", json_format_version=[9, 1], new_part={"health": "splendid"})
    machine.answers(*ASK, stdout=json.dumps(later))
    await site.collector().collect_server(server_id)
    levels = {row.name: row.level for row in await drives(site)}
    assert levels["sda"] == level
    assert await pools(site), "The rest is read."


async def test_warnings_before_the_json_of_any_tool_do_not_matter(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    healthy(machine)
    machine.answers(*LSBLK, stdout=WARNINGS + json.dumps(DISKS))
    machine.answers(*ASK, stdout=WARNINGS + json.dumps(ata(serial_number="S-1")))
    table, mark, status = JSON_POOL.stdout.partition("== status ==\n")
    machine.answers(*STATUS.argv, stdout=f"{table}{mark}{WARNINGS}{status}")
    await site.collector().collect_server(server_id)
    assert {row.name: row.level for row in await drives(site)} == {"sda": "ok", "sdb": "unknown"}
    assert [pool.name for pool in await pools(site)] == ["tank"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", str(2**64), "-1", "1e400", '"many"'])
async def test_counters_that_no_drive_can_have_harm_nothing(site: Site, number: str) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    healthy(machine)
    mad = json.dumps(
        ata(
            serial_number="S-1",
            power_on_time={"hours": 4711},
            ata_smart_attributes={"table": [attribute(5, "Reallocated_Sector_Ct", 4712)]},
        )
    )
    mad = mad.replace("4711", number).replace('"value": 4712', f'"value": {number}')
    machine.answers(*ASK, stdout=mad)
    machine.answers(*STATUS.argv, stdout=JSON_POOL.stdout.replace(": 425000", f": {number}"))
    await site.collector().collect_server(server_id)
    (sda, _) = await drives(site)
    assert (sda.read_state, sda.level) in (("read", "ok"), ("read", "failing"))
    assert len(await pools(site)) == 1
    assert (await site.server(server_id)).status != ServerStatus.OFFLINE


async def test_drives_that_show_one_serial_number_stay_two_and_keep_their_own_rows(
    site: Site,
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "123456789012"), disk("sdb", "123456789012"))
    await site.collector().collect_due()
    before = {row.name: row.id for row in await drives(site)}
    assert len(before) == 2
    for _ in range(3):
        await site.next_cycle()
    assert {row.name: row.id for row in await drives(site)} == before


async def test_names_with_spaces_are_kept_whole(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("my disk", "S-1", model="Disk of  Ann"))
    status = (
        "my pool\t77\t100\t50\t50\t1\t50\tONLINE\toff\n== status ==\n"
        "  pool: my pool\n state: ONLINE\nconfig:\n\n\tNAME  STATE  READ WRITE CKSUM\n"
        "\tmy pool  ONLINE  0  0  0\n\t  my disk  ONLINE  0  0  7\n\nerrors: No known data errors\n"
    )
    machine.answers(*STATUS.argv, stdout=status)
    await site.collector().collect_due()
    assert [row.name for row in await drives(site)] == ["my disk"]
    (pool,) = await pools(site)
    assert (pool.name, pool.used_percent) == ("my pool", 50)
    assert pool.reasons[0]["message"].startswith("my disk has had errors")


async def test_a_server_that_is_rebuilt_under_its_name_keeps_what_is_still_there(
    site: Site,
) -> None:
    """Another system disk, the same data disk: one is new, one stays, and one is told as gone."""
    server_id = await site.enter("web")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "SYS-1"), disk("sdb", "DATA"))
    await site.collector().collect_due()
    async with site.database.snapshot() as session:
        data = await session.scalar(select(StorageDevice.id).where(StorageDevice.serial == "DATA"))
    lists(machine, disk("sda", "DATA"), disk("sdb", "SYS-2"))
    machine.answers(*STATUS.argv, stdout="== status ==\nno pools available\n")
    machine.answers("df", stdout=df(10))
    for _ in range(5):
        await site.next_cycle()
    rows = {row.serial: row for row in await drives(site)}
    assert (rows["DATA"].id, rows["DATA"].name) == (data, "sda")
    assert {serial: row.state for serial, row in rows.items()} == {
        "SYS-1": "gone",
        "DATA": "present",
        "SYS-2": "present",
    }
    assert (await site.server(server_id)).id == server_id
