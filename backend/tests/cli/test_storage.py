"""`unity disks`, `pools` and `databases` as they are typed, over a machine that was collected."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.infrastructure.monitored_server import MonitoredServer
from tests.cli.test_commands import Machine, served
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.databases.test_ledger import recorded
from tests.services.infrastructure.databases.test_ledger import shows as shows_databases
from tests.services.infrastructure.pools.test_ledger import shows
from tests.services.infrastructure.storage.reports import ata, attribute
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

SETTINGS = {"COLUMNS": "240"}
SICK = ata(ata_smart_attributes={"table": [attribute(5, "Reallocated_Sector_Ct", 20)]})

pytestmark = pytest.mark.timeout(120)


async def fill(data: Path) -> None:
    """Collect once from a machine of recordings, and then without one of its drives."""
    database = Database(f"sqlite:///{data / 'unity.db'}")
    clock = ManualClock(SystemClock().now() - timedelta(hours=1))
    site = Site(database, clock, Vault(b"k" * 32))
    try:
        later = clock.now() + timedelta(days=1)
        server_id = await site.enter("nas", next_due_at=later)
        machine = site.machine(server_id)
        shows(machine, "zfs_pools", "debian-12-degraded")
        shows_databases(machine, recorded("debian-12-root"))
        lists(machine, disk("sda", "WD-WCC4E0000001"), disk("sdb", "B-2"))
        reads(machine, ("/dev/sda", "sat", SICK))
        await site.collector().collect_server(server_id)
        lists(machine, disk("sda", "WD-WCC4E0000001"))
        clock.advance(timedelta(minutes=30))
        await site.collector().collect_server(server_id)
        # The served program must not ask it again: there is no such machine.
        async with database.transaction() as session:
            await session.execute(update(MonitoredServer).values(is_enabled=False))
    finally:
        await database.dispose()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with served(tmp_path_factory.mktemp("storage") / "data", SETTINGS) as machine:
        asyncio.run(fill(machine.data))
        yield machine


def lines(machine: Machine, *words: str) -> list[str]:
    done = machine.type(*words)
    assert done.code == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_drives_are_listed_with_what_speaks_against_them(machine: Machine) -> None:
    listed = lines(machine, "disks", "list")
    (sick,) = [line for line in listed if " sda " in line]
    assert sick.startswith("warning nas sda")
    assert sick.endswith("Reallocated sectors: 20.")


def test_a_drive_that_is_not_there_any_more_is_not_called_well(machine: Machine) -> None:
    (row,) = [line for line in lines(machine, "disks", "list") if " sdb " in line]
    assert row.startswith(("missing nas sdb", "gone nas sdb"))
    assert "when it was last seen, on " in row


def test_a_drive_is_shown_with_its_attributes_and_other_opinions(machine: Machine) -> None:
    shown = "\n".join(lines(machine, "disks", "show", "WD-WCC4E0000001"))
    assert "in nas: warning. Reallocated sectors: 20." in shown
    assert "5 Reallocated_Sector_Ct" in shown
    assert "Backblaze" in shown


def test_pools_are_listed_and_shown_with_their_members(machine: Machine) -> None:
    (listed,) = [line for line in lines(machine, "pools", "list") if " tank " in line]
    assert listed.startswith("warning nas tank zfs mirror DEGRADED")
    shown = "\n".join(lines(machine, "pools", "show", "tank"))
    assert "sdd OFFLINE" in shown


def test_databases_are_listed_with_what_they_wait_for(machine: Machine) -> None:
    listed = lines(machine, "databases", "list")
    (postgres,) = [line for line in listed if "PostgreSQL" in line]
    assert postgres.startswith("needs_credentials nas PostgreSQL")


def test_what_cannot_be_found_is_refused_in_a_line(machine: Machine) -> None:
    for words in (("disks", "show", "X-9"), ("pools", "show", "void"), ("databases", "show", "x")):
        done = machine.type(*words)
        assert done.code != 0
        assert done.stderr.count("\n") <= 2, done.stderr
        assert "Traceback" not in done.stderr
