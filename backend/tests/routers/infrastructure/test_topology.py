"""The endpoint of the topology: what stands on what, with what is wrong there."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models.core.resource import Resource
from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.recordings import reader
from tests.services.infrastructure.storage.test_ledger import disk
from tests.services.infrastructure.topology.test_ledger import DEGRADED, WHOLE, shows

TOPOLOGY = "/api/infrastructure/topology"


@pytest.fixture
async def nas(cast: Cast) -> tuple[uuid.UUID, FakeShell]:
    """Return a server with a file system on an array of two drives."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    shows(machine, [disk("sda", "WD-1"), disk("sdb", "WD-2")], WHOLE)
    await collect(cast, server_id)
    return server_id, machine


async def find(cast: Cast, name: str) -> uuid.UUID:
    async with cast.platform.database.snapshot() as session:
        found = await session.scalar(select(Resource.id).where(Resource.name == name))
    assert found is not None
    return found


async def test_a_server_is_shown_with_all_that_is_built_in_it(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    charlie = await cast.logged_in("charlie")

    shown = (await charlie.get(f"{TOPOLOGY}?server_id={nas[0]}")).json()

    kinds = [node["kind"] for node in shown["nodes"]]
    assert kinds == ["server", *["storage_device"] * 2, "storage_pool", "filesystem"]
    assert [node["side"] for node in shown["nodes"]] == ["here", *["above"] * 4]
    assert sorted(edge["kind"] for edge in shown["edges"]) == ["part_of"] * 2 + ["stands_on"] * 3
    assert shown["nodes"][3]["detail"] == "md, raid1, active"
    assert shown["is_cut"] is False


async def test_a_lost_drive_stands_beside_what_follows_from_it(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    shows(machine, [disk("sda", "WD-1")], DEGRADED)
    cast.clock.advance(timedelta(minutes=5))
    await collect(cast, server_id)
    charlie = await cast.logged_in("charlie")

    shown = (await charlie.get(f"{TOPOLOGY}?resource_id={await find(cast, '/srv')}")).json()

    assert {node["side"] for node in shown["nodes"]} == {"below", "here"}
    alerts = {
        alert["kind"]: (alert["id"], alert["cause_id"])
        for node in shown["nodes"]
        for alert in node["alerts"]
    }
    assert alerts["pool_degraded"][1] == alerts["drive_gone"][0]
    severities = {node["kind"]: node["severity"] for node in shown["nodes"] if node["severity"]}
    assert severities == {"storage_device": "critical", "storage_pool": "critical"}


async def test_what_stands_on_a_drive_is_shown_above_it(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    charlie = await cast.logged_in("charlie")
    whole = (await charlie.get(f"{TOPOLOGY}?server_id={nas[0]}")).json()
    drive = next(node for node in whole["nodes"] if node["kind"] == "storage_device")

    shown = (await charlie.get(f"{TOPOLOGY}?resource_id={drive['id']}")).json()

    assert [(node["kind"], node["side"]) for node in shown["nodes"]] == [
        ("server", "below"),
        ("storage_device", "here"),
        ("storage_pool", "above"),
        ("filesystem", "above"),
    ]


@pytest.mark.usefixtures("nas")
async def test_the_question_names_one_thing_that_is_there(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")

    neither = await charlie.get(TOPOLOGY)
    both = await charlie.get(f"{TOPOLOGY}?server_id={uuid.uuid4()}&resource_id={uuid.uuid4()}")
    unknown = await charlie.get(f"{TOPOLOGY}?resource_id={uuid.uuid4()}")

    assert (neither.status_code, both.status_code, unknown.status_code) == (422, 422, 404)
    assert "server_id" in neither.json()["fix"]


async def test_a_full_pool_is_told_at_the_pool_and_not_at_its_server(cast: Cast) -> None:
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    (recorded,) = load(reader("zfs_pools"), FOLDER / "zfs_pools" / "debian-12-mirror.yaml").results
    table, mark, status = recorded.stdout.partition("== status ==\n")
    cells = table.rstrip("\n").split("\t")
    full = "\t".join([*cells[:6], "97", *cells[7:]])
    site.machine(server_id).answers(*STATUS.argv, stdout=f"{full}\n{mark}{status}")
    await collect(cast, server_id)
    charlie = await cast.logged_in("charlie")

    shown = (await charlie.get(f"{TOPOLOGY}?server_id={server_id}")).json()

    told = {node["kind"]: [one["title"] for one in node["alerts"]] for node in shown["nodes"]}
    assert told["server"] == []
    worst_first = ["nas: tank has no room left", "nas: tank is nearly full"]
    assert told["storage_pool"] == worst_first


async def test_hundreds_of_drives_leave_room_for_the_pool_that_they_are(cast: Cast) -> None:
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    drives = [disk(f"sd{index}", f"WD-{index:05d}") for index in range(320)]
    shows(site.machine(server_id), drives, WHOLE)
    await collect(cast, server_id)
    charlie = await cast.logged_in("charlie")

    shown = (await charlie.get(f"{TOPOLOGY}?server_id={server_id}")).json()

    assert (shown["is_cut"], len(shown["nodes"])) == (True, 300)
    kinds = {node["kind"] for node in shown["nodes"]}
    assert kinds == {"server", "storage_device", "storage_pool", "filesystem"}
