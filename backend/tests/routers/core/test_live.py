"""Live events: who hears what, and that a login which ends falls silent."""

import asyncio
import uuid
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.routers.core.live import Pace, get_pace
from app.services.core.permissions import Role
from tests.fixtures.cast import Cast, Person

SERVER = uuid.UUID(int=5)


@dataclass(slots=True)
class Page:
    """An open stream, spoken to as a server speaks to the application."""

    cast: Cast
    status: int = 0
    text: str = ""
    is_over: bool = False
    _left: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False

    async def receive(self) -> MutableMapping[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"].decode()
        self._changed.set()

    async def follow(self, person: Person, query: str, headers: dict[str, str]) -> None:
        sent = person.http.build_request("GET", f"/api/live?{query}", headers=headers)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/live",
            "raw_path": b"/api/live",
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in sent.headers.raw],
            "client": (person.address, 40000),
            "server": ("unity.test", 80),
        }
        await self.cast.app(scope, self.receive, self.send)
        self.is_over = True
        self._changed.set()

    async def says(self, text: str) -> None:
        async with asyncio.timeout(10):
            while text not in self.text:
                await self._changes()

    async def ends(self) -> None:
        async with asyncio.timeout(10):
            while not self.is_over:
                await self._changes()

    async def _changes(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def leave(self) -> None:
        self._left.set()


@asynccontextmanager
async def opened(
    cast: Cast, person: Person, query: str = "", headers: dict[str, str] | None = None
) -> AsyncIterator[Page]:
    page = Page(cast)
    async with asyncio.TaskGroup() as group:
        group.create_task(page.follow(person, query, headers or {}))
        try:
            yield page
        finally:
            page.leave()


@pytest.fixture(autouse=True)
def hasty(empty_cast: Cast) -> None:
    pace = Pace(keep_alive=0.1, check=0.1, mark=0.1)
    empty_cast.app.dependency_overrides[get_pace] = lambda: pace


async def test_a_page_hears_what_changed(cast: Cast) -> None:
    async with opened(cast, await cast.logged_in("charlie")) as page:
        await page.says(": hello")
        await cast.platform.live.publish("server", {"id": "7"})
        await page.says('event: server\ndata: {"id": "7"}\n\n')
        await page.says(": still here")
    assert page.status == 200
    assert page.is_over


async def test_inner_topics_never_leave(cast: Cast) -> None:
    async with opened(cast, await cast.logged_in("alice")) as page:
        await page.says(": hello")
        await cast.platform.live.publish("watch", {"server_id": str(SERVER)})
        await cast.platform.live.publish("job", {"id": "1"})
        await page.says("event: job")
    assert "watch" not in page.text


async def test_nobody_hears_nothing(cast: Cast) -> None:
    assert (await cast.person().get("/api/live")).status_code == 401


async def test_a_token_hears_only_what_its_scopes_allow(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    made = await alice.post("/api/tokens", {"name": "page", "scopes": ["system:read", "jobs:read"]})
    assert made.status_code == 201, made.text
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    async with opened(cast, cast.person(), headers=headers) as page:
        await page.says(": hello")
        await cast.platform.live.publish("server", {"id": "7"})
        await cast.platform.live.publish("job", {"id": "8"})
        await page.says('{"id": "8"}')
    assert "event: server" not in page.text


async def test_a_revoked_login_falls_silent(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    async with opened(cast, charlie) as page:
        await page.says(": hello")
        assert (await charlie.post("/api/auth/logout")).is_success
        await page.ends()
        await cast.platform.live.publish("server", {"id": "7"})
    assert "event: server" not in page.text


async def test_a_narrower_role_counts_while_the_page_is_open(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await cast.add("dora", Role.OPERATOR)
    dora = await cast.logged_in("dora")
    async with opened(cast, dora) as page:
        await page.says(": hello")
        users = (await alice.get("/api/users?q=dora")).json()["items"]
        await alice.post("/api/auth/step-up", {"password": "correct staple of alice"})
        answer = await alice.patch(f"/api/users/{users[0]['id']}", {"is_disabled": True})
        assert answer.status_code == 200, answer.text
        await page.ends()


async def test_whoever_comes_back_is_told_to_ask_everything_again(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    async with opened(cast, charlie, headers={"Last-Event-ID": "41"}) as page:
        await page.says("event: resync")


async def test_a_watched_server_is_marked_while_the_page_is_open(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    watched = f"watch=server:{SERVER}"
    marks = cast.platform.live.subscribe({"watch"})
    async with marks as events, opened(cast, charlie, watched) as page:
        await page.says(": hello")
        for _ in range(2):
            async with asyncio.timeout(5):
                event = await anext(events)
            assert event.payload == {"server_id": str(SERVER)}


@pytest.mark.parametrize("watch", ["server:7", "disk:1", "", "server:" + "0" * 80])
async def test_what_cannot_be_watched_is_refused(cast: Cast, watch: str) -> None:
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get(f"/api/live?watch={watch}")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/watch-not-valid"
