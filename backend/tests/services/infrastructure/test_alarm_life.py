"""Alarms over whole cycles: from the machine to what is announced, across restarts."""

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.event import Event
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.shell import HostKey, HostKeyChanged, Unreachable
from app.schemas.core.alert import AlertQuery
from app.services.core.alerts.builtin import plant
from app.services.core.alerts.inbox import AlertInbox
from app.services.infrastructure.alarm_sweep import end_unwatched
from app.services.infrastructure.default_rules import HOST_RULES
from tests.services.infrastructure.collecting import DF, UNITS, Site, df
from tests.services.infrastructure.topology.test_ledger import collector


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


async def told(site: Site) -> list[str]:
    """Return what of it goes out to people."""
    async with site.database.snapshot() as session:
        rows = await session.scalars(
            select(Event).where(Event.kind.like("alert.%")).order_by(Event.id)
        )
        return [one.summary for one in rows if not one.data["muted_by"]]


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


async def test_another_host_key_is_one_incident_until_somebody_has_decided(site: Site) -> None:
    server_id = await site.enter("nas")
    await site.collector().collect_due()
    other = HostKey("ssh-ed25519", "ssh-ed25519 AAAAother", "SHA256:other")
    site.shells.failures[str(server_id)] = HostKeyChanged(
        "It shows another key.", offered=other, target_key=str(server_id)
    )
    for _ in range(3):
        await site.next_cycle(collector(site))
    assert await told(site) == ["nas answers with another host key"]
    async with site.database.snapshot() as session:
        found = {one.kind: one for one in (await AlertInbox(session).page(AlertQuery())).items}
    key, offline = found["host_key_changed"], found["server_offline"]
    assert (key.state, key.severity, key.muted_by) == ("firing", "critical", "")
    assert offline.muted_by.startswith("It follows from: "), "it is the same incident"
    del site.shells.failures[str(server_id)]
    await site.next_cycle(collector(site))
    assert len(await told(site)) == 1, "only a person's decision ends it"


async def test_a_filesystem_fires_above_90_and_clears_below_88(site: Site) -> None:
    server_id = await site.enter("nas")
    for percent in (89, 91, 93, 89, 91, 87, 87):
        site.machine(server_id).answers(*DF, stdout=df(percent))
        await site.next_cycle()
    assert await titles(site) == ["nas: / is nearly full", "nas: / has room"]


def disk(available: int, *, size: int = 1_000_000, inodes_free: int = 900) -> str:
    """Return what df says of one disk, in KiB."""
    return (
        "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
        f"/dev/sda1 ext4 {size} {size - available} {available} 1000 {inodes_free} /\n"
    )


_GIB, _TIB = 2**20, 2**30  # in KiB


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            (disk(20_200), disk(19_800), disk(49_800), disk(50_200)),
            ["nas: / has no room left", "nas: / has a little room again"],
        ),
        ((disk(6 * _GIB, size=10 * _TIB), disk(50 * _GIB, size=10 * _TIB)), []),
        (
            tuple(disk(gib * _GIB, size=10 * _TIB) for gib in (6, 4, 12, 13)),
            ["nas: / has no room left", "nas: / has a little room again"],
        ),
        (
            tuple(disk(500_000, inodes_free=free) for free in (20, 19, 50, 51)),
            ["nas: / has no inodes left", "nas: / has a few inodes again"],
        ),
    ],
    ids=["small", "large-with-room", "large", "inodes"],
)
async def test_the_last_room_is_critical(
    site: Site, answers: tuple[str, ...], expected: list[str]
) -> None:
    server_id = await site.enter("nas")
    async with site.database.transaction() as session:
        await plant(session, HOST_RULES, site.clock.now())
    for answer in answers:
        site.machine(server_id).answers(*DF, stdout=answer)
        await site.next_cycle()
    warnings = {"nas: / is nearly full", "nas: / runs out of inodes", "nas: / has inodes again"}
    assert [one for one in await titles(site) if one not in warnings] == expected


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
