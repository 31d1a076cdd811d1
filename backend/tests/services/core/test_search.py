"""The global search: what it finds, in which order, for whom, and how many queries it takes."""

import time
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, insert

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.resource import Resource
from app.schemas.core.search import SearchAnswer, SearchQuery
from app.services.core.permissions import ROLES, Actor, ActorKind, Role
from app.services.core.resources import NewResource, ResourceService
from app.services.core.search import Search
from app.services.core.search_sources import CORE_SOURCES
from app.services.infrastructure.search_sources import INFRASTRUCTURE_SOURCES
from tests.fixtures.infrastructure import ALICE, Rooms, server

CHARLIE = Actor(ActorKind.USER, "charlie", ROLES[Role.VIEWER])
SOURCES = (*INFRASTRUCTURE_SOURCES, *CORE_SOURCES)


async def find(
    database: Database, text: str, actor: Actor = ALICE, limit: int = 20
) -> SearchAnswer:
    async with database.snapshot() as session:
        return await Search(session, SOURCES).find(actor, SearchQuery(q=text, limit=limit))


async def titles(database: Database, text: str, actor: Actor = ALICE) -> list[tuple[str, str]]:
    return [(hit.kind, hit.title) for hit in (await find(database, text, actor)).items]


async def enter(database: Database, clock: ManualClock, kind: str, *names: str) -> None:
    async with database.transaction() as session:
        for name in names:
            await ResourceService(session, clock).create(NewResource(uuid7(), kind, name))


@pytest.mark.both_engines
async def test_the_very_name_comes_before_its_beginning_and_a_part(
    database: Database, clock: ManualClock
) -> None:
    names = ("my-nas-2", "xnasx", "nas", "NAS-backup", "old nas", "web")
    await enter(database, clock, "server", *names)
    found = [title for _, title in await titles(database, "nas")]
    assert found == ["nas", "NAS-backup", "old nas", "my-nas-2", "xnasx"]


@pytest.mark.both_engines
async def test_each_word_must_be_found_and_wildcards_mean_themselves(
    database: Database, clock: ManualClock
) -> None:
    await enter(database, clock, "server", "web 1 berlin", "web 2 paris", "100%", "100x")
    assert await titles(database, "  Berlin web ") == [("server", "web 1 berlin")]
    assert await titles(database, "100%") == [("server", "100%")]
    assert await titles(database, "_") == []


@pytest.mark.both_engines
async def test_a_server_is_found_by_its_address_and_only_once(
    database: Database, rooms: Rooms
) -> None:
    async with database.transaction() as session:
        await rooms.servers(session).create(ALICE, server(tags=["disks"], groups=["cellar"]))
    (hit,) = (await find(database, "192.0.2.10")).items
    assert (hit.kind, hit.title, hit.detail) == ("server", "nas", "192.0.2.10")
    assert [hit.title for hit in (await find(database, "nas")).items] == ["nas"]
    (tag,) = (await find(database, "disks")).items
    (group,) = (await find(database, "cellar")).items
    assert (tag.path, group.path) == ("/servers?tag=disks", "/servers?group=cellar")


async def test_nobody_finds_what_they_may_not_see(database: Database, clock: ManualClock) -> None:
    await enter(database, clock, "server", "secret box")
    await enter(database, clock, "ssh_key", "secret key")
    await enter(database, clock, "something unknown", "secret thing")
    assert await titles(database, "secret") == [("server", "secret box"), ("ssh_key", "secret key")]
    assert await titles(database, "secret", CHARLIE) == [("server", "secret box")]


async def test_more_than_was_asked_for_is_said(database: Database, clock: ManualClock) -> None:
    await enter(database, clock, "server", *(f"web{number}" for number in range(4)))
    assert (await find(database, "web", limit=3)).has_more
    assert not (await find(database, "web", limit=4)).has_more


@pytest.mark.both_engines
async def test_ten_thousand_resources_take_as_many_queries_as_ten_and_no_long_time(
    database: Database, clock: ManualClock
) -> None:
    seen = 0

    def count(_connection: Connection, *_rest: object) -> None:
        nonlocal seen
        seen += 1

    event.listen(database.read_engine.sync_engine, "before_cursor_execute", count)
    await find(database, "web")
    few, seen = seen, 0
    now = clock.now()
    rows = [
        {"id": uuid.uuid4(), "kind": "server", "name": f"web-{n}", "created_at": now}
        | {"updated_at": now + timedelta(0)}
        for n in range(10_000)
    ]
    async with database.transaction() as session:
        await session.execute(insert(Resource), rows)
    seen = 0
    began = time.perf_counter()
    answer = await find(database, "web-99")
    seconds = time.perf_counter() - began
    assert seen == few <= len(SOURCES) + 1
    assert answer.items[0].title == "web-99"
    assert seconds < 1.0
