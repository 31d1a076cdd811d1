"""The topology follows what machines show, and a lost drive is one incident with all it takes."""

import contextlib
import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import aliased

from app.kernel.clock import ManualClock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.core.resource import Resource, ResourceEdge
from app.models.infrastructure.filesystem import Filesystem
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.quiet import AlertQuieting
from app.services.core.facts import Rate
from app.services.infrastructure.collection import CollectionParts, build_collector
from app.services.infrastructure.collector import Collector
from app.services.infrastructure.cycle import Answers, Claim, CycleResult, digest
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.table import GROUPS
from app.services.infrastructure.topology.ledger import TopologyLedger
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import DF, Site
from tests.services.infrastructure.pools.test_ledger import shows as shows_pools
from tests.services.infrastructure.storage.reports import Document
from tests.services.infrastructure.storage.test_ledger import LSBLK, disk

MDSTAT = """/proc/mdstat:Personalities : [raid1]
/proc/mdstat:md0 : active raid1 {members}
/proc/mdstat:      306176 blocks super 1.2 [2/{working}] [{signs}]
/proc/mdstat:
/proc/mdstat:unused devices: <none>
/sys/block/md0/md/array_state:clean
/sys/block/md0/md/uuid:1b09ae3b-40bb-28b2-c2c4-1eb2d1742654
"""
WHOLE = MDSTAT.format(members="sdb[1] sda[0]", working=2, signs="UU")
DEGRADED = MDSTAT.format(members="sda[0]", working=1, signs="U_")
ARRAY = {"name": "md0", "kname": "md0", "type": "raid1", "size": 313524224}
MOUNTS = "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
SRV = "/dev/md0 ext4 1000000 400000 600000 1000 900 /srv\n"
OLD = "/dev/sda1 ext4 1000000 400000 600000 1000 900 /old\n"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def collector(site: Site) -> Collector:
    """Build one that knows what keeps alerts quiet, as the served program does."""
    return build_collector(
        CollectionParts(
            Settings(collect=site.settings),
            site.database,
            site.clock,
            site.vault,
            site.shells,
            site.live,
            AlertEngine(site.clock, AlertQuieting()),
        )
    )


def shows(machine: FakeShell, drives: list[Document], mdstat: str, mounts: str = SRV) -> None:
    built = [{**drive, "children": [ARRAY]} for drive in drives]
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": built}))
    machine.answers(*ARRAY_FILES.argv, stdout=mdstat)
    machine.answers(*DF, stdout=MOUNTS + mounts)


async def edges(site: Site) -> set[tuple[str, str]]:
    source, target = aliased(Resource), aliased(Resource)
    async with site.database.snapshot() as session:
        rows = await session.execute(
            select(source.name, target.name)
            .select_from(ResourceEdge)
            .join(source, source.id == ResourceEdge.source_id)
            .join(target, target.id == ResourceEdge.target_id)
            .where(ResourceEdge.kind == "stands_on")
        )
        return {(row[0], row[1].rsplit(" ", 1)[-1]) for row in rows}


async def alerts(site: Site) -> Mapping[str, Alert]:
    async with site.database.snapshot() as session:
        found = await session.scalars(select(Alert).order_by(Alert.began_at))
        return {alert.kind: alert for alert in found}


async def test_a_file_system_stands_on_its_array_and_that_on_its_drives(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)

    await collector(site).collect_due()

    found = await edges(site)
    assert ("/srv", "md0") in found
    assert {source for source, _ in found} == {"/srv", "md0"}
    assert len(found) == 3


async def test_a_file_system_on_a_volume_of_zfs_stands_on_the_pool_that_is_there(
    site: Site,
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    volume = {"name": "zd0", "kname": "zd0", "type": "disk", "size": 10**10}
    shows_pools(machine, "zfs_pools", "debian-12-mirror")
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": [volume]}))
    machine.answers(*DF, stdout=MOUNTS + SRV.replace("/dev/md0", "/dev/zd0"))

    await collector(site).collect_due()

    assert ("/srv", "tank") in await edges(site)


async def test_what_is_asked_again_writes_nothing_twice(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collector(site).collect_due()
    before = await ids(site)

    await site.next_cycle(collector(site))

    assert await ids(site) == before


async def look(site: Site, server_id: UUID) -> CycleResult:
    """Ask a machine, and store nothing."""
    group, five = GROUPS[Rate.STANDARD], timedelta(minutes=5)
    claim = Claim(server_id, "nas", is_local=False, interval=five)
    results = await site.machine(server_id).run_many(group.commands)
    return digest(claim, Rate.STANDARD, site.clock.now(), Answers(group, results, 0.1))


async def test_what_is_shown_again_is_written_again_after_half_an_hour(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collector(site).collect_due()
    ledger, shown = TopologyLedger(site.clock), await look(site, server_id)
    for wait, is_written in ((0, True), (29, False), (1, True)):
        site.clock.advance(timedelta(minutes=wait))
        async with site.database.transaction() as session:
            await session.execute(delete(ResourceEdge))
            await ledger.store(session, [shown])
        assert bool(await edges(site)) is is_written


async def test_what_was_not_committed_is_written_the_next_time(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collector(site).collect_due()
    ledger, shown = TopologyLedger(site.clock), await look(site, server_id)
    async with site.database.transaction() as session:
        await session.execute(delete(ResourceEdge))
    with contextlib.suppress(LookupError):
        async with site.database.transaction() as session:
            await ledger.store(session, [shown])
            raise LookupError
    assert not await edges(site)
    async with site.database.transaction() as session:
        await ledger.store(session, [shown])
    assert len(await edges(site)) == 3


async def ids(site: Site) -> set[UUID]:
    async with site.database.snapshot() as session:
        drawn = await session.scalars(select(ResourceEdge.id))
        entered = await session.scalars(select(Filesystem.id))
        return {*drawn, *entered}


async def test_a_lost_drive_is_told_once_with_its_array_as_a_consequence(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collector(site).collect_due()
    shows(machine, [disk("sda", "WD-1")], DEGRADED)

    await site.next_cycle(collector(site))

    found = await alerts(site)
    root, echo = found["drive_gone"], found["pool_degraded"]
    assert (root.state, root.muted_by, root.cause_id) == (AlertState.FIRING, "", None)
    assert (echo.state, echo.cause_id) == (AlertState.FIRING, root.id)
    assert echo.muted_by.startswith("It follows from: ")
    told = [alert.kind for alert in found.values() if not alert.muted_by]
    assert told == ["drive_gone"]

    shows(machine, [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await site.next_cycle(collector(site))

    assert {alert.state for alert in (await alerts(site)).values()} == {AlertState.RESOLVED}


async def test_a_drive_that_nothing_stands_on_is_given_time_to_come_back(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    both = [disk("sdx", "USB-1"), disk("sda", "WD-1")]
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": both}))
    await collector(site).collect_due()
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": [disk("sda", "WD-1")]}))

    await site.next_cycle(collector(site))

    assert await alerts(site) == {}


async def test_what_is_unmounted_is_kept_for_a_month(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    drives = [disk("sda", "WD-1"), disk("sdb", "WD-2")]
    shows(machine, drives, WHOLE, SRV + OLD)
    await collector(site).collect_due()
    shows(machine, drives, WHOLE, SRV)
    await site.next_cycle(collector(site))
    async with site.database.snapshot() as session:
        away = await session.scalar(select(Filesystem).where(Filesystem.mountpoint == "/old"))
    assert away is not None
    assert away.missing_since == site.clock.now()

    site.clock.advance(timedelta(days=31))
    await site.next_cycle(collector(site))

    async with site.database.snapshot() as session:
        assert (await session.scalars(select(Filesystem.mountpoint))).all() == ["/srv"]
        assert await session.get(Resource, away.id) is None


async def test_without_a_list_of_block_devices_what_was_known_stays(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collector(site).collect_due()
    before = await edges(site)
    machine.answers(*LSBLK, stdout="lsblk: failed to access sysfs directory\n", exit_status=1)

    await site.next_cycle(collector(site))

    assert await edges(site) == before
