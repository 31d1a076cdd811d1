"""The audit log names each command line that is sent as root, once, in its exact words."""

import contextlib
import json
import shlex
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.audit_entry import AuditEntry
from app.services.core.facts import Rate
from app.services.infrastructure.cycle import Claim, CycleResult
from app.services.infrastructure.root_commands import ACTION, RootCommands
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import SCAN, disk, lists, reads, slow


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def entered(site: Site) -> list[list[str]]:
    """Return the lines of each row, oldest first."""
    async with site.database.snapshot() as session:
        found = await session.scalars(
            select(AuditEntry.entry).where(AuditEntry.action == ACTION).order_by(AuditEntry.seq)
        )
        return [json.loads(entry)["details"]["commands"] for entry in found]


def of_drive(name: str) -> str:
    return f"smartctl -n standby -x -j -d sat {name}"


async def test_each_root_command_is_entered_once_in_its_exact_words(site: Site) -> None:
    server_id = await site.enter("nas", sudo="passwordless")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-1"))
    reads(machine, ("/dev/sda", "sat", ata()))
    await slow(site, server_id)
    (first,) = await entered(site)
    sent = {shlex.join(one.argv) for one in machine.calls if one.sudo}
    assert set(first) == sent
    assert {shlex.join(SCAN), of_drive("/dev/sda")} <= sent

    await slow(site, server_id)
    await site.next_cycle()
    assert await entered(site) == [first], "whoever begins anew finds it in the log"

    lists(machine, disk("sda", "WD-1"), disk("sdb", "WD-2"))
    reads(machine, ("/dev/sda", "sat", ata()), ("/dev/sdb", "sat", ata(serial="WD-2")))
    await slow(site, server_id)
    assert (await entered(site))[1:] == [[of_drive("/dev/sdb")]]


async def test_a_login_without_sudo_leaves_no_row(site: Site) -> None:
    server_id = await site.enter("nas")
    lists(site.machine(server_id), disk("sda", "WD-1"))
    reads(site.machine(server_id), ("/dev/sda", "sat", ata()))
    await slow(site, server_id)
    assert await entered(site) == []


async def test_what_was_not_committed_is_entered_the_next_time(site: Site) -> None:
    server_id = await site.enter("nas", sudo="passwordless")
    claim = Claim(server_id, "nas", is_local=False, interval=timedelta(minutes=5))
    shown = CycleResult(claim, Rate.SLOW, site.clock.now(), 0.1, as_root=("smartctl x",))
    sink = RootCommands(site.clock, b"k" * 32)
    with contextlib.suppress(LookupError):
        async with site.database.transaction() as session:
            await sink.store(session, [shown])
            raise LookupError
    assert await entered(site) == []
    for _ in range(3):
        async with site.database.transaction() as session:
            await sink.store(session, [shown])
    assert await entered(site) == [["smartctl x"]]
