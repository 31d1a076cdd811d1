"""One dead disk under an array, a file system and two databases: one message, one at its end."""

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.infrastructure.database_instance import DatabaseInstance, LoginMode
from app.services.core.alerts.quiet import QuietKeeper
from app.services.core.hearing import Subscription
from app.services.core.notifications.hearing import HANDLER, AlertHearing
from app.services.infrastructure.facts.databases.script import LOOK
from app.services.infrastructure.facts.reading import ARRAY_FILES
from tests.fakes.shell import FakeShell
from tests.fixtures.outbox import tell
from tests.services.core.notifications.kit import Kit, at_once
from tests.services.infrastructure.collecting import DF, Site
from tests.services.infrastructure.databases.test_ledger import recorded
from tests.services.infrastructure.storage.test_ledger import LSBLK, disk
from tests.services.infrastructure.topology.test_ledger import MOUNTS, collector

# The words of the kernel for a striped array: it has no spare part to live on.
STRIPES = """/proc/mdstat:Personalities : [raid0]
/proc/mdstat:md0 : active raid0 sdb[1] sda[0]
/proc/mdstat:      612352 blocks super 1.2 512k chunks
/proc/mdstat:
/proc/mdstat:unused devices: <none>
/sys/block/md0/md/array_state:{state}
/sys/block/md0/md/uuid:1b09ae3b-40bb-28b2-c2c4-1eb2d1742654
"""
ARRAY = {"name": "md0", "kname": "md0", "type": "raid0", "size": 627048448}
SRV = "/dev/md0 ext4 1000000 400000 600000 1000 900 /srv\n"
# The recording has all three databases on one disk; here all but MariaDB lie on the array.
RUNNING = re.sub(r"/\w+/db-eng/rec/(pg|redis)", r"/srv/\1", recorded("debian-12-root"))
ENDED = "p 67 (mariadbd)"  # MariaDB, which lies elsewhere, runs on


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


@pytest.fixture
async def kit(database: Database, clock: ManualClock, vault: Vault) -> Kit:
    kit = Kit(database, clock, vault)
    await kit.route(at_once(await kit.channel("phone")))
    return kit


def shows(machine: FakeShell, *drives: str, state: str, databases: str) -> None:
    built = [{**disk(name, f"WD-{name}"), "children": [ARRAY]} for name in drives]
    machine.answers(*LSBLK, stdout=json.dumps({"blockdevices": built}))
    machine.answers(*ARRAY_FILES.argv, stdout=STRIPES.format(state=state))
    machine.answers(*DF, stdout=MOUNTS + SRV)
    machine.answers(*LOOK.argv, stdout=databases)


def only_mariadb() -> str:
    """Return what the machine shows when the two on the array have ended on errors of the disk."""
    head, _, _ = RUNNING.partition("p 22 ")
    return head + ENDED + RUNNING.partition(ENDED)[2]


async def rounds(site: Site, kit: Kit, count: int) -> None:
    """Let rounds of the machine pass, with all that runs beside them."""
    hearing = AlertHearing(site.clock, "UTC")
    for _ in range(count):
        await site.next_cycle(collector(site))
        for _ in range(4):  # what waits for its cause is looked at every fifteen seconds
            site.clock.advance(timedelta(seconds=15))
            async with site.database.transaction() as session:
                await QuietKeeper(session, site.clock).refresh()
        await tell(site.database, site.clock, [Subscription("alert.*", HANDLER, hearing.hear)])
        await kit.round()


async def alerts(site: Site) -> list[Alert]:
    async with site.database.snapshot() as session:
        return list(await session.scalars(select(Alert).order_by(Alert.began_at, Alert.id)))


async def names(site: Site) -> dict[UUID, str]:
    """Give all databases a login, so that they are missed; return what they are called."""
    async with site.database.transaction() as session:
        rows = (await session.scalars(select(DatabaseInstance))).all()
        for row in rows:
            row.login = LoginMode.SOCKET
        return {row.id: row.name for row in rows}


async def test_one_dead_disk_is_one_message_with_all_that_stands_on_it(
    site: Site, kit: Kit
) -> None:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, "sda", "sdb", state="clean", databases=RUNNING)
    await rounds(site, kit, 1)
    called = await names(site)
    assert len(called) == 3
    assert await alerts(site) == []

    shows(machine, "sda", state="broken", databases=only_mariadb())
    await rounds(site, kit, 3)

    (root,) = [one for one in await alerts(site) if one.kind == "drive_gone"]
    echoes = [one for one in await alerts(site) if one.id != root.id]
    assert {(one.kind, called.get(one.resource_id, "")) for one in echoes} == {
        ("pool_degraded", ""),
        ("database_offline", "PostgreSQL :5433"),
        ("database_offline", "Redis :6379"),
    }
    assert {one.cause_id for one in echoes} == {root.id}
    assert {one.state for one in [root, *echoes]} == {AlertState.FIRING}
    assert [one.title for one in kit.notifier.to("phone")] == [f"[critical] {root.title}"]

    shows(machine, "sda", "sdb", state="clean", databases=RUNNING)
    await rounds(site, kit, 2)

    assert {one.state for one in await alerts(site)} == {AlertState.RESOLVED}
    first, last = kit.notifier.to("phone")
    assert (first.is_over, last.is_over) == (False, True), (
        "the end of the root, and of nothing else"
    )
