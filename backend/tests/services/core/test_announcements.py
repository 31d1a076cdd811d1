"""What the domains announce: in plain words, with the change itself, and never a secret."""

import asyncio
from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.job_run import JobState
from app.ports.job_engine import JobContext
from app.ports.shell import Unreachable
from app.services.core.events import UnityStarted
from app.services.core.start import announce_start
from tests.fixtures.cast import Cast
from tests.fixtures.infrastructure import ALICE, HOST_KEY, OTHER_HOST_KEY, Rooms
from tests.fixtures.infrastructure import server as a_server
from tests.fixtures.outbox import told
from tests.ports.job_kit import Kit, job, working
from tests.services.infrastructure.collecting import Site

SERVERS = "/api/infrastructure/servers"
NAS = {"name": "nas", "host": "192.0.2.10", "username": "unity"}


async def words(database: Database, kind: str = "") -> list[str]:
    return [event.summary for event in await told(database, kind)]


async def test_the_life_of_a_server_is_told(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    nas = (await alice.post(SERVERS, NAS)).json()
    url = f"{SERVERS}/{nas['id']}"
    assert (await alice.patch(url, {"name": "store"})).is_success
    assert (await alice.patch(url, {"notes": "in the cellar"})).is_success
    assert (await alice.post(f"{url}/disable")).is_success
    assert (await alice.post(f"{url}/enable")).is_success
    assert (await alice.delete(url)).is_success
    assert await words(cast.platform.database, "server.") == [
        "Server nas was added",
        "Server nas is now called store",
        "Collection from store was switched off",
        "Collection from store was switched on",
        "Server store was removed",
    ]
    events = await told(cast.platform.database, "server.")
    assert {event.actor_name for event in events} == {"alice"}
    # What hung on the resource goes with it; the object's id still names it.
    assert {event.resource_id for event in events} == {None}
    assert {str(event.object_id) for event in events} == {nas["id"]}


async def test_a_refused_change_is_not_told(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await alice.post(SERVERS, NAS)
    assert (await alice.post(SERVERS, NAS)).status_code == 409
    assert await words(cast.platform.database, "server.") == ["Server nas was added"]


async def test_keys_and_logins_are_told_without_their_secrets(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    key = (await alice.post("/api/credentials/ssh-keys", {"name": "work"})).json()
    login = {"name": "root of nas", "username": "root", "password": "swordfish-and-more"}
    stored = (await alice.post("/api/credentials/logins", login)).json()
    await alice.delete(f"/api/credentials/ssh-keys/{key['id']}")
    await alice.delete(f"/api/credentials/logins/{stored['id']}")
    events = [
        event
        for event in await told(cast.platform.database)
        if event.kind.startswith(("ssh_key.", "credential."))
    ]
    assert [event.summary for event in events] == [
        "SSH key work was added",
        "Login root of nas was added",
        "SSH key work was deleted",
        "Login root of nas was deleted",
    ]
    assert "swordfish" not in str([event.data for event in events])


async def test_users_and_tokens_are_told(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    new = {"name": "dora", "password": "a good long password", "role": "viewer"}
    dora = (await alice.post("/api/users", new)).json()
    url = f"/api/users/{dora['id']}"
    for change in ({"role": "operator"}, {"is_disabled": True}, {"is_disabled": False}):
        assert (await alice.patch(url, change)).is_success
    wish = {"name": "backup", "scopes": ["servers:read"]}
    token = (await alice.post("/api/tokens", wish)).json()
    assert (await alice.delete(f"/api/tokens/{token['id']}")).is_success
    assert (await alice.delete(url)).is_success
    wanted = ("user.", "api_token.")
    events = [one for one in await told(cast.platform.database) if one.kind.startswith(wanted)]
    assert [event.summary for event in events][3:] == [
        "User dora was added",
        "User dora is now operator, before viewer",
        "User dora was disabled",
        "User dora was enabled again",
        "API token backup was created for alice",
        "API token backup was revoked",
        "User dora was deleted",
    ]


async def test_a_status_is_told_when_it_changes_and_not_at_each_cycle(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    server_id = await site.enter("nas")
    for _ in range(3):
        await site.collector().collect_due()
        clock.advance(timedelta(minutes=5))
    assert await words(database, "server.status") == ["nas is online"]
    site.shells.failures[str(server_id)] = Unreachable("No route.", fix="Switch it on.")
    for _ in range(3):
        await site.collector().collect_due()
        clock.advance(timedelta(minutes=5))
    online, offline = await told(database, "server.status")
    assert offline.summary.startswith("nas is offline: ")
    assert (offline.resource_id, online.actor_name) == (server_id, "collector")


async def test_host_keys_are_told(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        row = await rooms.servers(session).create(ALICE, a_server())
        host_keys = rooms.host_keys(session)
        await host_keys.offered(row.id, HOST_KEY)
        await host_keys.approve(ALICE, row.id, HOST_KEY.fingerprint)
        await host_keys.offered(row.id, OTHER_HOST_KEY)
        await host_keys.reject(ALICE, row.id, OTHER_HOST_KEY.fingerprint)
    assert await words(database, "host_key.") == [
        "nas showed a host key that waits for approval",
        "The host key of nas was approved",
        "nas showed another host key than the approved one",
        "A host key of nas was rejected",
    ]


@pytest.mark.both_engines
async def test_a_failed_job_is_told_once_an_hour(database: Database) -> None:
    async def fail(_job: JobContext) -> None:
        await asyncio.sleep(0)
        raise ValueError("A text that may hold anything.")

    kit = Kit(database)
    engine = kit.engine(job(fail))
    async with working(engine):
        for _ in range(2):
            enqueued = await engine.enqueue("test.job")
            assert (await kit.ended(enqueued.run_id)).state == JobState.FAILED
    (failed,) = await told(database, "job.failed")
    assert failed.summary.startswith("Job “A job of the tests” failed: It stopped on")
    assert "anything" not in failed.summary


async def test_logins_that_fail_again_and_again_are_told_once(cast: Cast) -> None:
    for minute in range(7):
        # From other places, so that the limit of one place does not end it.
        guesser = cast.person("bob", f"198.51.100.{minute}")
        assert (await guesser.log_in("wrong password")).status_code == 401
    assert await words(cast.platform.database, "login.") == [
        "5 logins of bob failed within 10 minutes"
    ]


async def test_a_start_with_a_new_version_is_told_as_an_update(
    database: Database, clock: ManualClock
) -> None:
    await announce_start(database, clock)
    (started,) = await told(database, "unity.")
    version = started.data["version"]
    assert started.summary == f"Unity {version} started"
    updated = UnityStarted(object_id=None, object_name="Unity", version="9.0", before="8.0")
    assert updated.summary() == "Unity was updated from 8.0 to 9.0"
    await announce_start(database, clock)
    assert (await told(database, "unity."))[1].data["before"] == version
