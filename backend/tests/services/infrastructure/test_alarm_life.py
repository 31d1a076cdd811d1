"""Alarms over whole cycles: from the machine to what is announced, across restarts."""

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.event import Event
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.shell import Unreachable
from app.schemas.core.alert import AlertQuery
from app.services.core.alerts.inbox import AlertInbox
from app.services.infrastructure.alarm_sweep import end_unwatched
from tests.services.infrastructure.collecting import DF, UNITS, Site, df


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def titles(site: Site) -> list[str]:
    """Return what was announced of alerts, in order."""
    async with site.database.snapshot() as session:
        return list(
            await session.scalars(
                select(Event.summary).where(Event.kind.like("alert.%")).order_by(Event.id)
            )
        )


async def test_offline_is_told_once_and_once_when_over_across_restarts(site: Site) -> None:
    server_id = await site.enter("nas")
    await site.collector().collect_due()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle()
    assert await titles(site) == []
    for _ in range(3):
        await site.next_cycle()  # each with a collector of its own, as after a restart
    assert await titles(site) == ["nas is offline"]
    del site.shells.failures[str(server_id)]
    await site.next_cycle()
    await site.next_cycle()
    assert await titles(site) == ["nas is offline", "nas is back online"]


async def test_a_filesystem_fires_above_90_and_clears_below_88(site: Site) -> None:
    server_id = await site.enter("nas")
    for percent in (89, 91, 93, 89, 91, 87, 87):
        site.machine(server_id).answers(*DF, stdout=df(percent))
        await site.next_cycle()
    assert await titles(site) == ["nas: / is nearly full", "nas: / has room"]


async def test_a_failed_unit_is_named(site: Site) -> None:
    server_id = await site.enter("nas")
    line = "backup.service loaded failed failed Nightly backup\n"
    site.machine(server_id).answers(*UNITS, stdout=line)
    await site.next_cycle()
    site.machine(server_id).answers(*UNITS, stdout="")
    await site.next_cycle()
    assert await titles(site) == [
        "nas: backup.service has failed",
        "nas: backup.service no longer failed",
    ]


async def test_while_a_server_is_offline_its_other_alerts_stay(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle()
    await site.next_cycle()
    async with site.database.snapshot() as session:
        page = await AlertInbox(session).page(AlertQuery())
        assert {(one.kind, one.state) for one in page.items} == {
            ("filesystem_full", "firing"),
            ("server_offline", "firing"),
        }


async def test_switching_a_server_off_ends_its_alerts(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    assert await end_unwatched(site.database, site.clock) == []
    async with site.database.transaction() as session:
        (await session.get_one(MonitoredServer, server_id)).is_enabled = False
    assert len(await end_unwatched(site.database, site.clock)) == 1
    assert await end_unwatched(site.database, site.clock) == []
    assert await titles(site) == ["nas: / is nearly full", "nas is no longer watched"]
