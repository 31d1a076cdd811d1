"""A pool that is forgotten takes its alerts along, and whoever heard of them hears of their end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert
from app.models.infrastructure.storage_pool import StoragePool
from app.services.core.alerts.engine import AlertEngine
from app.services.core.audit import AuditLog
from app.services.core.hearing import Subscription
from app.services.core.notifications.hearing import HANDLER, AlertHearing
from app.services.infrastructure.facts.zfs.pools import STATUS
from app.services.infrastructure.pools.pool_service import PoolService, PoolStillThere
from tests.fixtures.infrastructure import ALICE
from tests.fixtures.outbox import tell
from tests.services.core.notifications.kit import Kit, at_once
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import NO_POOLS, rows, shows


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


@pytest.fixture
async def kit(database: Database, clock: ManualClock, vault: Vault) -> Kit:
    kit = Kit(database, clock, vault)
    await kit.route(at_once(await kit.channel("phone")))
    return kit


async def spread(site: Site, kit: Kit) -> None:
    hearing = AlertHearing(site.clock, "UTC")
    await tell(site.database, site.clock, [Subscription("alert.*", HANDLER, hearing.hear)])
    await kit.round()


async def forget(site: Site, pool: StoragePool) -> None:
    async with site.database.transaction() as session:
        audit = AuditLog(session, site.clock, bytes(32))
        service = PoolService(session, site.clock, audit, AlertEngine(site.clock))
        await service.forget(ALICE, pool.id)


async def test_who_was_told_that_a_pool_is_gone_is_told_that_it_was_forgotten(
    site: Site, kit: Kit
) -> None:
    machine = site.machine(await site.enter("nas"))
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    machine.answers(*STATUS.argv, stdout=NO_POOLS)
    await site.next_cycle()
    site.clock.advance(timedelta(minutes=20))
    await site.next_cycle()
    await spread(site, kit)
    (pool,) = await rows(site)
    assert [one.title for one in kit.notifier.to("phone")] == ["[critical] tank is gone"]

    await forget(site, pool)
    await spread(site, kit)

    assert await rows(site) == []
    async with site.database.snapshot() as session:
        assert (await session.scalars(select(Alert))).all() == []
    last = kit.notifier.to("phone")[-1]
    assert (last.is_over, "tank was forgotten" in last.title) == (True, True)


async def test_a_pool_that_is_shown_is_not_forgotten(site: Site) -> None:
    shows(site.machine(await site.enter("nas")), "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    (pool,) = await rows(site)
    with pytest.raises(PoolStillThere):
        await forget(site, pool)
