"""A forced logout counts within a second in every process, open event streams included.

Real `unity serve` processes: one on SQLite, two on PostgreSQL. Who ends the login speaks to the
first, whose login ends to the last.
"""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url

from app.kernel import migrations
from tests.parts.ports import free_port
from tests.parts.postgres import Cluster

BACKEND = Path(__file__).parents[2]
START = "from app.cli import main; main()"
PASSWORD = "four words and more"
OTHER_PASSWORD = "five words and even more"
SOON = 1.0

# One worker: the processes are started once for all of these tests.
pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("forced-logout")]


@dataclass(frozen=True, slots=True)
class Site:
    """Where Unity runs: the first and the last of its processes."""

    first: str
    last: str
    environment: dict[str, str]

    async def type(self, *words: str, typed: str = "") -> None:
        """Type a command on the machine; it works on the database directly."""
        await asyncio.to_thread(_type, self.environment, *words, typed=typed)


@dataclass(frozen=True, slots=True)
class Login:
    """A person, or a program, that is logged in at the last process."""

    user_id: str
    client: httpx2.AsyncClient
    headers: dict[str, str]


def _type(environment: dict[str, str], *words: str, typed: str) -> None:
    subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=BACKEND,
        env=environment,
        input=typed,
        text=True,
        check=True,
        capture_output=True,
    )


@contextmanager
def _serving(environment: dict[str, str], log: Path, *options: str) -> Iterator[str]:
    where = f"127.0.0.1:{free_port()}"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", START, "serve", "--listen", where, *options],
            cwd=BACKEND,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(f"http://{where}", process, log)
        yield f"http://{where}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)  # noqa: TID251 - no event loop runs here
    pytest.fail(log.read_text(errors="replace"))


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))],
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Start Unity, and on PostgreSQL a second process that only serves."""
    folder = tmp_path_factory.mktemp("logout")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("UNITY_")}
    environment |= {
        "UNITY_DATA": str(folder / "data"),
        "UNITY_COLLECT__ADD_LOCAL": "false",
        "UNITY_LOG__LEVEL": "WARNING",
    }
    with ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(_on_postgres(request.getfixturevalue("postgres_cluster")))
            environment["UNITY_DATABASE__URL"] = url
        words = ("user", "create", "alice", "--role", "admin", "--password-stdin")
        _type(environment, *words, typed=PASSWORD)
        first = last = stack.enter_context(_serving(environment, folder / "first.log"))
        if request.param == "postgresql":
            options = ("--no-jobs",)
            last = stack.enter_context(_serving(environment, folder / "last.log", *options))
        yield Site(first, last, environment)


@contextmanager
def _on_postgres(cluster: Cluster) -> Iterator[str]:
    name = cluster.create()
    migrations.upgrade_now(make_url(cluster.url(name)))
    yield cluster.url(name)
    cluster.drop(name)


@asynccontextmanager
async def logged_in(url: str, name: str) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Origin": url}
    async with httpx2.AsyncClient(
        base_url=url, headers=headers, trust_env=False, timeout=30
    ) as client:
        answer = await client.post("/api/auth/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        yield client


@asynccontextmanager
async def people(site: Site) -> AsyncIterator[tuple[httpx2.AsyncClient, Login]]:
    """Yield alice at the first process, and somebody new at the last."""
    name = f"bob-{uuid.uuid4().hex[:8]}"
    async with logged_in(site.first, "alice") as alice:
        new = {"name": name, "password": PASSWORD, "role": "viewer"}
        user = (await alice.post("/api/users", json=new)).json()
        async with logged_in(site.last, name) as bob:
            cookie = {"Cookie": f"unity_session={bob.cookies['unity_session']}"}
            yield alice, Login(user["id"], bob, cookie)


@asynccontextmanager
async def stream(url: str, headers: dict[str, str]) -> AsyncIterator[asyncio.Future[float]]:
    """Open the event stream; the future tells when it ended."""
    ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    opened = asyncio.Event()

    async def follow() -> None:
        async with (
            httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as client,
            client.stream("GET", "/api/live", headers=headers) as answer,
        ):
            assert answer.status_code == 200
            async for _ in answer.aiter_bytes():
                opened.set()
        ended.set_result(time.monotonic())

    async with asyncio.TaskGroup() as group:
        task = group.create_task(follow())
        await asyncio.wait_for(opened.wait(), 20)
        yield ended
        task.cancel()


async def status(url: str, headers: dict[str, str]) -> int:
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as stranger:
        return (await stranger.get("/api/system/features", headers=headers)).status_code


async def see_it_die(
    site: Site, headers: dict[str, str], ended: asyncio.Future[float], began: float
) -> None:
    """The next request is refused in every process, and the stream ends within the second."""
    assert [await status(url, headers) for url in (site.first, site.last)] == [401, 401]
    assert await asyncio.wait_for(ended, 5) - began < SOON


async def test_a_session_and_a_token_die_one_by_one(site: Site) -> None:
    async with people(site) as (alice, bob):
        made = await bob.client.post("/api/tokens", json={"name": "t", "scopes": ["system:read"]})
        token = {"Authorization": f"Bearer {made.json()['token']}"}
        async with (
            stream(site.last, bob.headers) as by_cookie,
            stream(site.last, token) as by_token,
        ):
            sessions = (await alice.get(f"/api/users/{bob.user_id}/sessions")).json()
            began = time.monotonic()
            where = f"/api/users/{bob.user_id}/sessions/{sessions[0]['id']}"
            assert (await alice.delete(where)).status_code == 204
            await see_it_die(site, bob.headers, by_cookie, began)
            assert await status(site.last, token) == 200, "a token is another login"
            assert not by_token.done()
            began = time.monotonic()
            assert (await alice.delete(f"/api/tokens/{made.json()['id']}")).status_code == 204
            await see_it_die(site, token, by_token, began)


@pytest.mark.parametrize("how", ["log out everywhere", "disable", "delete", "reset password"])
async def test_what_an_admin_does_to_an_account_ends_it_everywhere(site: Site, how: str) -> None:
    async with people(site) as (alice, bob), stream(site.last, bob.headers) as ended:
        where = f"/api/users/{bob.user_id}"
        match how:
            case "log out everywhere":
                answer = await alice.delete(f"{where}/sessions")
            case "disable":
                answer = await alice.patch(where, json={"is_disabled": True})
            case "delete":
                answer = await alice.delete(where)
            case _:
                answer = await alice.post(f"{where}/password", json={"password": OTHER_PASSWORD})
        began = time.monotonic()
        assert answer.is_success, answer.text
        await see_it_die(site, bob.headers, ended, began)


async def test_disabling_a_user_ends_the_tokens_too(site: Site) -> None:
    async with people(site) as (alice, bob):
        made = await bob.client.post("/api/tokens", json={"name": "t", "scopes": ["system:read"]})
        token = {"Authorization": f"Bearer {made.json()['token']}"}
        async with stream(site.last, token) as ended:
            began = time.monotonic()
            await alice.patch(f"/api/users/{bob.user_id}", json={"is_disabled": True})
            await see_it_die(site, token, ended, began)


async def test_a_person_logs_out_all_other_browsers(site: Site) -> None:
    async with people(site) as (_alice, bob), stream(site.last, bob.headers) as ended:
        name = (await bob.client.get("/api/auth/session")).json()["user"]["name"]
        async with logged_in(site.first, name) as elsewhere:
            began = time.monotonic()
            assert (await elsewhere.delete("/api/auth/sessions")).json() == {"ended": 1}
            await see_it_die(site, bob.headers, ended, began)
            assert (await elsewhere.get("/api/auth/sessions")).status_code == 200


async def test_the_command_line_ends_it_without_telling_the_processes(site: Site) -> None:
    async with people(site) as (_alice, bob), stream(site.last, bob.headers) as ended:
        name = (await bob.client.get("/api/auth/session")).json()["user"]["name"]
        await site.type("user", "reset-password", name, "--password-stdin", typed=OTHER_PASSWORD)
        # It was written at some moment while the command ran; its end is the latest.
        await see_it_die(site, bob.headers, ended, time.monotonic())
