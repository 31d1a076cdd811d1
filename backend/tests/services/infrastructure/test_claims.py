"""Who may be asked now: not who showed another host key, and nobody is held by a dead process."""

from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.infrastructure.monitored_server import ServerStatus
from app.ports.shell import HostKey
from app.services.core.audit import AuditLog
from app.services.core.facts import Rate
from app.services.core.permissions import system
from app.services.infrastructure.claims import Claims, free_claims
from app.services.infrastructure.host_keys import HostKeyService
from app.services.infrastructure.targets import TargetBuilder
from tests.fakes.shell import A_HOST_KEY
from tests.services.infrastructure.collecting import Site

OTHER = HostKey("ssh-ed25519", "ssh-ed25519 AAAAother", "SHA256:another-key-of-the-tests")
ALICE = system("alice")


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def test_a_changed_host_key_ends_contact_until_somebody_decides(site: Site) -> None:
    server_id = await site.enter("nas")
    behind = await site.enter("inner", jump_server_id=server_id)
    await site.next_cycle()
    site.shells.host_keys[str(server_id)] = OTHER
    await site.next_cycle()
    assert (await site.server(server_id)).reason_kind == "host_key_changed"
    # The right key is back, but whether somebody was in between is not for a program to say.
    site.shells.host_keys[str(server_id)] = A_HOST_KEY
    asked = len(site.machine(server_id).calls)
    await site.next_cycle()
    for stopped in (server_id, behind):
        server = await site.server(stopped)
        assert (server.status, server.reason_kind) == (ServerStatus.OFFLINE, "host_key_changed")
        assert OTHER.fingerprint in server.reason
        assert server.fix
    assert len(site.machine(server_id).calls) == asked
    async with site.database.transaction() as session:
        audit = AuditLog(session, site.clock, bytes(32))
        await HostKeyService(session, site.clock, audit).reject(ALICE, server_id, OTHER.fingerprint)
    assert (await site.server(server_id)).status == ServerStatus.UNKNOWN
    await site.next_cycle()
    for stopped in (server_id, behind):
        assert (await site.server(stopped)).reason_kind not in {"host_key_changed", "never_asked"}
    assert len(site.machine(server_id).calls) > asked


async def test_a_new_process_asks_at_once_what_a_killed_one_had_taken(site: Site) -> None:
    standard = timedelta(seconds=site.settings.standard_seconds)
    taken, rested, slow = [
        await site.enter("taken"),
        await site.enter("rested"),
        await site.enter("own", interval_seconds=3600),
    ]
    await site.next_cycle()
    resting = (await site.server(rested)).next_due_at
    site.clock.advance(standard)
    claims = Claims(
        site.database,
        site.clock,
        TargetBuilder(site.vault),
        standard=standard,
        lease=timedelta(seconds=90),
    )
    assert {claim.server_id for claim in await claims.take_due(Rate.STANDARD, 10)} == {
        taken,
        rested,
    }
    assert await claims.take_due(Rate.STANDARD, 10) == []
    await free_claims(site.database, site.clock, standard)
    due = (await site.server(rested)).next_due_at
    assert due == resting
    assert {claim.server_id for claim in await claims.take_due(Rate.STANDARD, 10)} == {
        taken,
        rested,
    }
    own = (await site.server(slow)).next_due_at
    assert own is not None
    assert own > site.clock.now() + standard
