"""A server that is deleted takes its alerts along, and whoever heard of them hears of their end."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert
from app.models.core.event import Event
from app.schemas.infrastructure.server import DeletePlan
from app.services.core.hearing import Subscription
from app.services.core.notifications.hearing import HANDLER, AlertHearing
from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.fixtures.infrastructure import ALICE, Rooms
from tests.fixtures.outbox import tell
from tests.services.core.notifications.kit import Kit, at_once
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import NO_POOLS, shows

GONE = "[critical] tank is gone"


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


async def lose_a_pool(site: Site) -> UUID:
    """Enter a server with a pool that is gone by now, which is an alert of the pool."""
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    machine.answers(*STATUS.argv, stdout=NO_POOLS)
    await site.next_cycle()
    site.clock.advance(timedelta(minutes=20))
    await site.next_cycle()
    return server_id


async def plan_of(site: Site, rooms: Rooms, server_id: UUID) -> DeletePlan:
    async with site.database.snapshot() as session:
        return await rooms.removal(session).plan(server_id)


async def delete(site: Site, rooms: Rooms, server_id: UUID) -> None:
    async with site.database.transaction() as session:
        await rooms.removal(session).delete(ALICE, server_id)


async def test_who_was_told_of_an_alert_is_told_that_the_server_was_deleted(
    site: Site, kit: Kit, rooms: Rooms
) -> None:
    server_id = await lose_a_pool(site)
    await spread(site, kit)
    assert [one.title for one in kit.notifier.to("phone")] == [GONE]

    await delete(site, rooms, server_id)
    await spread(site, kit)

    last = kit.notifier.to("phone")[-1]
    assert (last.is_over, "tank: the server was deleted" in last.title) == (True, True)
    async with site.database.snapshot() as session:
        assert (await session.scalars(select(Alert))).all() == []
        told = await session.scalars(
            select(Event.summary).where(Event.kind == "alert.resolved").order_by(Event.id)
        )
        assert told.all()[-1] == "tank: the server was deleted"


async def test_the_plan_names_the_alerts_that_end(site: Site, rooms: Rooms) -> None:
    server_id = await lose_a_pool(site)
    plan = await plan_of(site, rooms, server_id)
    assert plan.ends == ["tank is gone"]
    assert {loss.what: loss.count for loss in plan.goes}["alerts"] == 1


async def test_a_server_without_alerts_ends_none(site: Site, kit: Kit, rooms: Rooms) -> None:
    server_id = await site.enter("nas")
    assert (await plan_of(site, rooms, server_id)).ends == []
    await delete(site, rooms, server_id)
    await spread(site, kit)
    assert kit.notifier.to("phone") == []
