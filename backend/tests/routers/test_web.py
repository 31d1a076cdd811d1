"""The files of the web interface, and what nobody may reach through them; the size of bodies."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.types import Message

from app.routers.body_limit import USUAL_BYTES
from app.routers.web import WebInterface
from tests.fixtures.cast import Cast


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve a small build, with a secret beside it."""
    build = tmp_path / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text('<head><base href="/" /></head>the page')
    (build / "assets" / "app.js").write_text("run()")
    (tmp_path / "secret").write_text("secret")
    (build / "way-out").symlink_to(tmp_path / "secret")
    transport = httpx2.ASGITransport(app=WebInterface(build))
    async with httpx2.AsyncClient(transport=transport, base_url="http://unity.test") as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "//etc/passwd",
        "/way-out",
        "/%00",
        "/" + 300 * "a",
    ],
)
async def test_what_is_no_file_of_the_build_is_the_page(
    http: httpx2.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert (answer.status_code, "the page" in answer.text) == (200, True)


async def test_hashed_files_are_kept_and_missing_ones_are_not_the_page(
    http: httpx2.AsyncClient,
) -> None:
    found = await http.get("/assets/app.js")
    assert (found.text, "immutable" in found.headers["cache-control"]) == ("run()", True)
    assert (await http.get("/assets/old.js")).status_code == 404
    assert (await http.get("/assets/%00")).status_code == 404


async def test_pages_are_only_read(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/servers")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_unknown_path_of_the_api_is_not_there_by_any_method(
    cast: Cast, method: str
) -> None:
    answer = await cast.person().call(method, "/api/no/such/thing")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"


async def test_a_websocket_is_closed() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await WebInterface()({"type": "websocket", "path": "/x"}, receive, send)
    assert sent[0]["type"] == "websocket.close"


async def test_a_body_that_is_too_large_is_refused_whatever_length_it_claims(cast: Cast) -> None:
    nobody = cast.person()

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"name": "'
        for _ in range(USUAL_BYTES // 65_536 + 1):
            yield 65_536 * b"a"

    headers = {"content-type": "application/json"}
    answer = await nobody.http.post("/api/auth/login", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "1024 KiB" in answer.json()["detail"]


async def test_a_file_with_servers_may_be_larger(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    text = "name,host\nnas,nas.lan\n" + "#" * USUAL_BYTES + "\n"
    answer = await bob.post("/api/infrastructure/servers/import/preview", {"text": text})
    assert (answer.status_code, answer.json()["new"]) == (200, 1)
