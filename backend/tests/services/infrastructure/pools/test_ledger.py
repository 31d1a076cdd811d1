"""Pools are entered, judged and told of; what is gone is told once, and what is back is well."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.core.resource import Resource, ResourceEdge
from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.test_ledger import disk, lists

_COMMANDS = {"zfs_pools": STATUS, "md_arrays": ARRAY_FILES, "btrfs": ARRAY_FILES}
NO_POOLS = "== status ==\nno pools available\n"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def shows(machine: FakeShell, fact: str, case: str) -> None:
    reader = next(one for one in FACTS if one.name == fact)
    (recorded,) = load(reader, FOLDER / fact / f"{case}.yaml").results
    machine.answers(*_COMMANDS[fact].argv, stdout=recorded.stdout)


async def rows(site: Site) -> Sequence[StoragePool]:
    async with site.database.snapshot() as session:
        return (await session.scalars(select(StoragePool).order_by(StoragePool.name))).all()


async def firing(site: Site, pool_id: UUID) -> dict[str, str]:
    async with site.database.snapshot() as session:
        found = await session.scalars(
            select(Alert).where(Alert.resource_id == pool_id, Alert.state == AlertState.FIRING)
        )
        return {alert.kind: alert.severity for alert in found}


async def test_a_pool_is_entered_with_its_resource_and_stands_on_its_drives(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sdc", "WD-3"), disk("sdd", "WD-4"))
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    (pool,) = await rows(site)
    assert (pool.kind, pool.name, pool.layout, pool.level) == ("zfs", "tank", "mirror", "ok")
    assert pool.last_scrub_at is not None
    assert pool.used_percent is not None
    async with site.database.snapshot() as session:
        resource = await session.get(Resource, pool.id)
        edges = (await session.scalars(select(ResourceEdge))).all()
    assert resource is not None
    assert (resource.kind, resource.parent_id) == ("storage_pool", server_id)
    assert {edge.kind for edge in edges} <= {"stands_on"}


async def test_a_degraded_pool_fires_and_is_over_when_it_is_whole(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, "md_arrays", "debian-12-degraded")
    await site.collector().collect_due()
    (pool,) = await rows(site)
    assert pool.level == "failing"
    assert await firing(site, pool.id) == {"pool_degraded": "critical"}
    shows(machine, "md_arrays", "debian-12-recovery")
    await site.next_cycle()
    (pool,) = await rows(site)
    assert (pool.level, pool.activity) == ("warning", "recovery")
    shows(machine, "md_arrays", "debian-12-resync")
    await site.next_cycle()
    (pool, *_) = [row for row in await rows(site) if row.missing_since is None]
    assert pool.level == "ok"
    assert await firing(site, pool.id) == {}


async def test_open_pages_hear_of_an_alert_of_a_pool(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), "md_arrays", "debian-12-degraded")
    async with site.live.subscribe(["alert"]) as heard:
        await site.collector().collect_due()
        event = await anext(heard)
    (pool,) = await rows(site)
    assert event.payload["id"] == str(pool.id)
    assert event.payload["event"] == "firing"


async def test_online_but_hurt_is_told(site: Site) -> None:
    server_id = await site.enter("nas")
    shows(site.machine(server_id), "zfs_pools", "debian-12-permanent-errors")
    await site.collector().collect_due()
    (pool,) = await rows(site)
    assert pool.state == "ONLINE"
    assert await firing(site, pool.id) == {"pool_errors": "critical"}


async def test_a_pool_that_is_gone_is_told_after_the_grace(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    machine.answers(*STATUS.argv, stdout=NO_POOLS)
    await site.next_cycle()
    (pool,) = await rows(site)
    assert pool.missing_since is not None
    assert await firing(site, pool.id) == {}
    site.clock.advance(timedelta(minutes=20))
    await site.next_cycle()
    assert await firing(site, pool.id) == {"pool_missing": "critical"}
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.next_cycle()
    assert await firing(site, pool.id) == {}


async def test_an_answer_that_does_not_come_changes_nothing(site: Site) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    machine.answers(*STATUS.argv, stdout="what is this\n")
    await site.next_cycle()
    (pool,) = await rows(site)
    assert (pool.missing_since, pool.level) == (None, "ok")
