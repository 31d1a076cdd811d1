"""What machines answered, over the API: polled pages, rights, alarms and the scrape."""

import uuid

import pytest

from app.services.infrastructure.collection import CollectionParts, build_collector
from tests.fakes.shell import FakeShells
from tests.fixtures.cast import Cast
from tests.services.infrastructure.collecting import Site

OVERVIEW = "/api/infrastructure/overview"


@pytest.fixture
async def server_id(cast: Cast) -> uuid.UUID:
    """Return a server that was collected once."""
    platform = cast.platform
    shells = platform.shells
    assert isinstance(shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, shells)
    server_id = await site.enter("nas")
    parts = CollectionParts(
        platform.settings,
        platform.database,
        cast.clock,
        platform.vault,
        shells,
        platform.live,
    )
    await build_collector(parts).collect_due()
    return server_id


async def test_a_viewer_sees_the_overview_and_polls_it_cheaply(
    cast: Cast, server_id: uuid.UUID
) -> None:
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get(OVERVIEW)
    assert [tile["id"] for tile in answer.json()["servers"]] == [str(server_id)]
    assert answer.json()["problems"] == []
    tag = answer.headers["ETag"]
    again = await charlie.call("GET", OVERVIEW, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_facts_and_runs_of_a_server(cast: Cast, server_id: uuid.UUID) -> None:
    charlie = await cast.logged_in("charlie")
    facts = (await charlie.get(f"/api/infrastructure/servers/{server_id}/facts")).json()
    memory = next(fact for fact in facts["facts"] if fact["fact"] == "memory")
    assert memory["value"]["total"] == 1_024_000_000
    runs = (await charlie.get(f"/api/infrastructure/servers/{server_id}/runs")).json()
    assert [run["status"] for run in runs["items"]] == ["online"]


async def test_nobody_sees_anything(cast: Cast, server_id: uuid.UUID) -> None:
    nobody = cast.person()
    for path in (OVERVIEW, f"/api/infrastructure/servers/{server_id}/facts", "/metrics"):
        assert (await nobody.get(path)).status_code == 401


async def test_a_server_that_is_not_there_is_not_found(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get(f"/api/infrastructure/servers/{uuid.uuid4()}/facts")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/server-not-found")


async def test_the_scrape_answers_in_the_format_of_prometheus(
    cast: Cast, server_id: uuid.UUID
) -> None:
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'node_load1{instance="nas"} 0.25\n' in answer.text
    assert str(server_id) not in answer.text


async def test_an_operator_reads_alerts(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    assert (await bob.get("/api/alerts")).json()["items"] == []
