"""What happened, over HTTP: pages that do not move, filters, and what each role may know of."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest

import app.services
from app.models.core.event_delivery import EventDelivery
from app.models.core.resource import ResourceKind
from app.services.core.activity import RIGHTS
from app.services.core.announcements import Announcement
from app.services.core.dispatcher import MOST_ATTEMPTS
from app.services.core.hearing import HeardEvent, Subscription
from app.services.core.outbox import Outbox
from app.services.core.permissions import system
from app.services.core.places import PLACES
from app.services.credentials.events import CredentialAdded
from app.services.infrastructure.events import ServerRemoved
from tests.architecture.walk import every_subclass
from tests.fixtures.cast import Cast, Person
from tests.fixtures.outbox import tell

ACTIVITY = "/api/activity"
SERVERS = "/api/infrastructure/servers"
NAS = {"name": "nas", "host": "192.0.2.10", "username": "unity"}


async def summaries(person: Person, query: str = "") -> list[str]:
    answer = await person.get(f"{ACTIVITY}?{query}")
    assert answer.status_code == 200, answer.text
    return [item["summary"] for item in answer.json()["items"]]


async def remove(cast: Cast, *names: str) -> None:
    async with cast.platform.database.transaction() as session:
        for name in names:
            gone = ServerRemoved(object_id=uuid.uuid4(), object_name=name)
            Outbox(session, cast.clock).announce(system("tests"), gone)


async def test_the_newest_comes_first_and_leads_to_its_thing(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    nas = (await bob.post(SERVERS, NAS)).json()
    await bob.patch(f"{SERVERS}/{nas['id']}", {"name": "store"})
    items = (await bob.get(f"{ACTIVITY}?kind=server.")).json()["items"]
    assert [item["summary"] for item in items] == [
        "Server nas is now called store",
        "Server nas was added",
    ]
    assert items[0]["path"] == f"/servers/{nas['id']}"
    assert (items[0]["actor_name"], items[0]["actor_kind"]) == ("bob", "user")


async def test_what_is_gone_leads_nowhere(cast: Cast) -> None:
    await remove(cast, "nas")
    charlie = await cast.logged_in("charlie")
    items = (await charlie.get(ACTIVITY)).json()["items"]
    assert [(item["summary"], item["path"]) for item in items] == [("Server nas was removed", None)]


@pytest.mark.both_engines
async def test_pages_are_followed_without_a_double_when_something_new_happens(cast: Cast) -> None:
    await remove(cast, *(f"s{number}" for number in range(5)))
    charlie = await cast.logged_in("charlie")
    first = (await charlie.get(f"{ACTIVITY}?limit=2")).json()
    await remove(cast, "new")
    second = (await charlie.get(f"{ACTIVITY}?limit=2&before={first['next']}")).json()
    third = (await charlie.get(f"{ACTIVITY}?limit=2&before={second['next']}")).json()
    seen = [item["object_name"] for page in (first, second, third) for item in page["items"]]
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert third["next"] is None


@pytest.mark.both_engines
async def test_the_filters_narrow(cast: Cast) -> None:
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    nas = (await bob.post(SERVERS, NAS)).json()
    cast.clock.advance(timedelta(hours=1))
    await alice.post(SERVERS, {**NAS, "name": "web", "host": "192.0.2.11"})
    me = (await bob.get("/api/auth/session")).json()["user"]["id"]
    after = cast.clock.now().isoformat().replace("+", "%2B")
    added = ["Server web was added", "Server nas was added"]
    assert await summaries(alice, "kind=server.added") == added
    assert await summaries(alice, f"actor_id={me}") == added[1:]
    assert await summaries(alice, f"resource_id={nas['id']}") == added[1:]
    assert await summaries(alice, f"object_id={nas['id']}") == added[1:]
    assert await summaries(alice, "q=WEB added") == added[:1]
    assert await summaries(alice, f"kind=server.&since={after}") == added[:1]
    assert await summaries(alice, f"kind=server.&until={after}") == added[1:]
    assert await summaries(alice, "kind=server%25") == []


@pytest.mark.parametrize(
    ("name", "sees"),
    [("alice", {"credential", "user", "server"}), ("bob", {"credential", "server"})],
)
async def test_each_sees_what_their_rights_show(cast: Cast, name: str, sees: set[str]) -> None:
    async with cast.platform.database.transaction() as session:
        added = CredentialAdded(object_id=uuid.uuid4(), object_name="root")
        Outbox(session, cast.clock).announce(system("tests"), added)
    await remove(cast, "nas")
    person = await cast.logged_in(name)
    items = (await person.get(ACTIVITY)).json()["items"]
    assert {item["object_kind"] for item in items} == sees


async def test_a_viewer_hears_of_servers_alone(cast: Cast) -> None:
    async with cast.platform.database.transaction() as session:
        added = CredentialAdded(object_id=uuid.uuid4(), object_name="root")
        Outbox(session, cast.clock).announce(system("tests"), added)
    await remove(cast, "nas")
    charlie = await cast.logged_in("charlie")
    assert await summaries(charlie) == ["Server nas was removed"]


def announcements() -> Sequence[type[Announcement]]:
    return [one for one in every_subclass(Announcement, app.services) if hasattr(one, "kind")]


def test_each_announcement_has_a_right_that_shows_it_and_a_page() -> None:
    assert len(announcements()) > 20
    hidden = [one.kind for one in announcements() if not one.kind.startswith(tuple(RIGHTS))]
    assert not hidden, "write into RIGHTS who may know of these"


def test_each_kind_of_resource_has_a_page() -> None:
    assert {kind.value for kind in ResourceKind} <= set(PLACES)


@pytest.mark.both_engines
async def test_what_is_stuck_is_shown_to_admins_and_tried_again(cast: Cast) -> None:
    heard: list[str] = []

    async def fail(_session: object, _event: HeardEvent) -> None:
        raise ValueError("Nobody foresaw this.")

    async def hear(_session: object, event: HeardEvent) -> None:
        heard.append(event.summary)

    await remove(cast, "nas")
    database, clock = cast.platform.database, cast.clock
    for _ in range(MOST_ATTEMPTS):
        await tell(database, clock, [Subscription("server.*", "tests.hearer", fail)])
        clock.advance(timedelta(hours=1))
    # The sessions of the cast would be over by now.
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    assert (await bob.get(f"{ACTIVITY}/stuck")).status_code == 403
    (stuck,) = (await alice.get(f"{ACTIVITY}/stuck")).json()
    assert (stuck["handler"], stuck["summary"]) == ("tests.hearer", "Server nas was removed")
    assert "ValueError" in stuck["error"]
    assert "foresaw" not in stuck["error"]
    database.announced.clear()
    assert (await alice.post(f"{ACTIVITY}/stuck/{stuck['id']}/retry")).status_code == 204
    assert database.announced.is_set()
    await tell(database, clock, [Subscription("server.*", "tests.hearer", hear)])
    assert heard == ["Server nas was removed"]
    assert (await alice.get(f"{ACTIVITY}/stuck")).json() == []
    again = await alice.post(f"{ACTIVITY}/stuck/{stuck['id']}/retry")
    assert again.json()["type"] == "/problems/stuck-not-found"
    async with database.snapshot() as session:
        assert (await session.get_one(EventDelivery, uuid.UUID(stuck["id"]))).attempts == 1
