"""What a machine has none of is not looked for in every round, and yet nothing is missed."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.infrastructure.storage_pool import StoragePool
from app.ports.shell import Unreachable
from app.services.infrastructure.facts.btrfs import BtrfsFact
from app.services.infrastructure.facts.databases.script import LOOK
from app.services.infrastructure.facts.lvm import REPORT
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.zfs.pools import STATUS
from app.services.infrastructure.readings import Readings
from tests.services.infrastructure.collecting import DF, Site
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads
from tests.services.infrastructure.topology.test_ledger import DEGRADED, WHOLE

NO_ARRAYS = "/proc/mdstat:Personalities : [raid1]\n/proc/mdstat:unused devices: <none>\n"
RARE = (ARRAY_FILES, LOOK, STATUS)


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def enter(site: Site) -> UUID:
    """Enter a machine that has none of what is rare."""
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    machine.answers(*ARRAY_FILES.argv, stdout=NO_ARRAYS)
    machine.answers(*LOOK.argv, stdout="none\n")
    return server_id


def asked(site: Site, server_id: UUID) -> set[tuple[str, ...]]:
    """Return what the machine was asked since the last time."""
    machine = site.machine(server_id)
    found = {command.argv for command in machine.calls}
    machine.calls.clear()
    return found


async def facts_of(site: Site, server_id: UUID) -> dict[str, object]:
    async with site.database.snapshot() as session:
        facts = await Readings(session, site.clock, 300).facts(server_id)
    return {one.fact: one.trouble if one.value is None else one.value for one in facts.facts}


async def pool_of(site: Site) -> StoragePool:
    async with site.database.snapshot() as session:
        return (await session.scalars(select(StoragePool))).one()


async def test_what_was_not_there_is_asked_again_within_forty_minutes(site: Site) -> None:
    server_id = await enter(site)
    collector = site.collector()
    await collector.collect_due()
    assert asked(site, server_id) >= {command.argv for command in RARE}
    await site.next_cycle(collector)
    again = asked(site, server_id)
    assert DF in again
    assert not again & {command.argv for command in RARE}
    site.clock.advance(timedelta(minutes=40))
    await collector.collect_due()
    assert asked(site, server_id) >= {command.argv for command in RARE}


async def test_a_search_that_reads_the_disks_lets_them_fall_asleep(site: Site) -> None:
    server_id = await site.enter("nas", username="root")
    machine, collector = site.machine(server_id), site.collector()
    machine.answers(*REPORT.argv, stdout='{"report": []}')
    lists(machine, disk("sda", "A-1"))
    reads(machine, ("/dev/sda", "sat", ata()))
    rounds = []
    await collector.collect_server(server_id)  # the first time nobody knows whether the disk sleeps
    await collector.collect_server(server_id)
    for hours in range(1, 26):
        asked(site, server_id)
        site.clock.advance(timedelta(hours=1))
        await collector.collect_due()
        if REPORT.argv in asked(site, server_id):
            rounds.append(hours)
    assert rounds == [24]


async def test_a_machine_without_drives_has_none_to_wake(site: Site) -> None:
    server_id = await site.enter("guest", username="root")
    collector = site.collector()
    await collector.collect_server(server_id)
    assert REPORT.argv not in asked(site, server_id)  # nobody knew yet whether a disk sleeps
    await site.next_cycle(collector)
    assert REPORT.argv in asked(site, server_id)


async def test_what_is_not_asked_is_still_told_as_it_was(site: Site) -> None:
    server_id = await enter(site)
    collector = site.collector()
    await collector.collect_due()
    first = await facts_of(site, server_id)
    await site.next_cycle(collector)
    assert asked(site, server_id)
    assert await facts_of(site, server_id) == first
    assert first["md_arrays"] == {"arrays": []}
    assert first["databases"] == {"databases": []}
    assert first["zfs_pools"] == first[BtrfsFact.name] == "absent"


async def test_a_person_who_asks_gets_everything_anew(site: Site) -> None:
    server_id = await enter(site)
    collector = site.collector()
    await collector.collect_due()
    site.machine(server_id).answers(*ARRAY_FILES.argv, stdout=WHOLE)
    await collector.collect_server(server_id)
    async with site.database.snapshot() as session:
        assert (await session.scalars(select(StoragePool.name))).all() == ["md0"]


async def test_a_machine_that_was_away_is_asked_for_everything(site: Site) -> None:
    server_id = await enter(site)
    collector = site.collector()
    await collector.collect_due()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle(collector)
    del site.shells.failures[str(server_id)]
    asked(site, server_id)
    await site.next_cycle(collector)
    assert asked(site, server_id) >= {command.argv for command in RARE}


async def test_what_was_there_once_is_asked_in_every_round(site: Site) -> None:
    server_id = await enter(site)
    machine, collector = site.machine(server_id), site.collector()
    machine.answers(*ARRAY_FILES.argv, stdout=WHOLE)
    await collector.collect_due()
    machine.answers(*ARRAY_FILES.argv, stdout=NO_ARRAYS)
    for _ in range(2):
        await site.next_cycle(collector)
    assert (await pool_of(site)).missing_since is not None
    machine.answers(*ARRAY_FILES.argv, stdout=DEGRADED)
    await site.next_cycle(collector)
    pool = await pool_of(site)
    assert pool.missing_since is None
    assert pool.reasons, "it came back with a member less"


async def test_what_could_not_be_asked_is_tried_again_at_once(site: Site) -> None:
    server_id = await enter(site)
    collector = site.collector()
    site.machine(server_id).hangs(*LOOK.argv)
    await collector.collect_due()
    asked(site, server_id)
    await site.next_cycle(collector)
    again = asked(site, server_id)
    assert LOOK.argv in again
    assert ARRAY_FILES.argv not in again
