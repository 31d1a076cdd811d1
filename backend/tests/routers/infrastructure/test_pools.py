"""The endpoints of pools: what is shown, counted and forgotten."""

import uuid

import pytest

from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import NO_POOLS, shows
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

POOLS = "/api/infrastructure/pools"


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
