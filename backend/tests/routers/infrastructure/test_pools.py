"""The endpoints of pools: what is shown, counted and forgotten."""

import uuid
from datetime import timedelta

import pytest

from app.models.infrastructure.storage_action import ActionKind
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.facts.zfs.pools import STATUS
from app.services.infrastructure.upkeep.starter import ScrubRefused, Starter
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import ACTIONS, PLANS, collect
from tests.routers.infrastructure.test_servers import step_up
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import NO_POOLS, shows
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

POOLS = "/api/infrastructure/pools"


def array(machine: FakeShell, does: str) -> None:
    """Show the recorded array with another pass over it, or with none."""
    reader = next(one for one in FACTS if one.name == "md_arrays")
    (recorded,) = load(reader, FOLDER / "md_arrays" / "debian-12-resync.yaml").results
    lines = recorded.stdout.replace(" resync = ", f" {does} = ").splitlines(keepends=True)
    kept = [line for line in lines if does or " = " not in line]
    machine.answers(*ARRAY_FILES.argv, stdout="".join(kept))


@pytest.fixture
async def nas(cast: Cast) -> tuple[uuid.UUID, FakeShell]:
    """Return a server with a ZFS pool that is hurt and an array that is whole."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sdc", "WD-3"), disk("sdd", "WD-4"))
    reads(machine)
    shows(machine, "zfs_pools", "debian-12-permanent-errors")
    shows(machine, "md_arrays", "debian-12-resync")
    await collect(cast, server_id)
    return server_id, machine


@pytest.mark.usefixtures("nas")
async def test_the_list_shows_the_worst_first_and_counts(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    items = (await charlie.get(POOLS)).json()["items"]
    assert [(one["name"], one["level"]) for one in items] == [("tank", "failing"), ("md0", "ok")]
    assert "1 permanent error:" in items[0]["reasons"][0]["message"]
    assert items[1]["activity"] == "resync"
    summary = (await charlie.get(f"{POOLS}/summary")).json()
    assert (summary["total"], summary["busy"]) == (2, 1)
    assert summary["levels"] == {"failing": 1, "ok": 1}
    only = (await charlie.get(f"{POOLS}?kind=md&q=nas&sort=-used")).json()
    assert [one["name"] for one in only["items"]] == ["md0"]


@pytest.mark.usefixtures("nas")
async def test_a_pool_is_shown_with_its_tree_and_the_drives_below(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    pool_id = (await charlie.get(POOLS)).json()["items"][0]["id"]
    shown = (await charlie.get(f"{POOLS}/{pool_id}")).json()
    assert shown["message_id"] == "ZFS-8000-8A"
    assert shown["data_errors"] == 1
    names = [(one["name"], one["parent"]) for one in shown["members"]]
    assert names == [("mirror-0", None), ("sdc", 0), ("sdd", 0)]
    assert shown["members"][0]["device_id"] is None
    assert shown["members"][1]["checksum_errors"] == 61
    assert shown["members"][1]["device_id"] is not None


async def test_only_what_is_gone_can_be_forgotten(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    alice = await cast.logged_in("alice")
    pool_id = (await alice.get(POOLS)).json()["items"][0]["id"]
    refused = await alice.delete(f"{POOLS}/{pool_id}")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/pool-still-there")
    machine.answers(*STATUS.argv, stdout=NO_POOLS)
    await collect(cast, server_id)
    assert (await alice.delete(f"{POOLS}/{pool_id}")).status_code == 204
    assert (await alice.get(f"{POOLS}/{pool_id}")).status_code == 404


@pytest.mark.usefixtures("nas")
async def test_a_viewer_forgets_nothing(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    pool_id = (await charlie.get(POOLS)).json()["items"][0]["id"]
    assert (await charlie.delete(f"{POOLS}/{pool_id}")).status_code == 403


async def test_a_scrub_is_scheduled_started_and_followed_to_its_end(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    bob = await cast.logged_in("bob")
    await step_up(bob)
    pool_id = (await bob.get(f"{POOLS}?kind=md")).json()["items"][0]["id"]
    path = f"{POOLS}/{pool_id}/scrub-schedule"
    shown = (await bob.call("PUT", path, {"days": 30, "hour": 1})).json()
    assert (shown["scrub_days"], shown["scrub_hour"], shown["cannot_scrub"]) == (30, 1, "")
    (plan,) = (await bob.get(PLANS)).json()["items"]
    assert (plan["kind"], plan["resource_name"]) == ("scrub", "md0")
    array(machine, "")
    await collect(cast, server_id)
    assert (await bob.post(f"{POOLS}/{pool_id}/scrubs", {"verb": "pause"})).status_code == 409
    assert (await bob.post(f"{POOLS}/{pool_id}/scrubs", {"verb": "scrub"})).status_code == 202
    machine.answers("mdadm", "--action=check", "/dev/md0")
    platform = cast.platform
    starter = Starter(platform.database, platform.shells, platform.vault, cast.clock)
    await starter.scrub(uuid.UUID(pool_id), ActionKind.SCRUB, "bob")
    cast.clock.advance(timedelta(minutes=5))
    array(machine, "check")
    await collect(cast, server_id)
    journal = f"{ACTIONS}?resource_id={pool_id}"
    (action,) = (await bob.get(journal)).json()["items"]
    assert (action["state"], action["command"]) == ("running", "mdadm --action=check /dev/md0")
    assert action["percent"] is not None
    cast.clock.advance(timedelta(hours=1))
    array(machine, "")
    await collect(cast, server_id)
    (action,) = (await bob.get(journal)).json()["items"]
    assert action["state"] == "passed"
    assert (await bob.get(f"{POOLS}/{pool_id}")).json()["last_scrub_at"] is not None


async def test_a_scrub_that_is_stopped_is_not_a_failed_one(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    _, machine = nas
    bob = await cast.logged_in("bob")
    pool_id = (await bob.get(f"{POOLS}?kind=md")).json()["items"][0]["id"]
    platform = cast.platform
    starter = Starter(platform.database, platform.shells, platform.vault, cast.clock)
    with pytest.raises(ScrubRefused, match="not installed"):
        await starter.scrub(uuid.UUID(pool_id), ActionKind.SCRUB, "bob")
    machine.answers("mdadm", "--action=check", "/dev/md0")
    machine.answers("mdadm", "--action=idle", "/dev/md0")
    await starter.scrub(uuid.UUID(pool_id), ActionKind.SCRUB, "bob")
    await starter.scrub(uuid.UUID(pool_id), ActionKind.STOP, "alice")
    actions = (await bob.get(f"{ACTIONS}?resource_id={pool_id}")).json()["items"]
    assert {(one["kind"], one["state"]) for one in actions} == {
        ("stop", "done"),
        ("scrub", "aborted"),
        ("scrub", "refused"),
    }


async def test_known_errors_are_quiet_until_they_change(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    bob = await cast.logged_in("bob")
    pool_id = (await bob.get(f"{POOLS}?kind=zfs")).json()["items"][0]["id"]
    path = f"{POOLS}/{pool_id}/acknowledge"
    shown = (await bob.post(path)).json()
    assert shown["level"] == "ok"
    assert all(one["is_acknowledged"] for one in shown["reasons"])
    assert (await bob.post(path)).status_code == 409
    await collect(cast, server_id)
    assert (await bob.get(f"{POOLS}/{pool_id}")).json()["level"] == "ok"
    shows(machine, "zfs_pools", "debian-12-mirror")
    await collect(cast, server_id)
    shows(machine, "zfs_pools", "debian-12-permanent-errors")
    await collect(cast, server_id)
    assert (await bob.get(f"{POOLS}/{pool_id}")).json()["level"] == "failing"
