"""The page carries the nonce of its own header; streams pass through piece by piece."""

import re

import httpx2
from starlette.types import Message, Receive, Scope, Send

from app.routers.guards import LocalSocket
from app.routers.security_headers import SecurityHeaders
from tests.fixtures.cast import Cast

PAGE = b'<meta name="csp-nonce" content="__CSP_NONCE__"><style nonce="__CSP_NONCE__"></style>'


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the page in two pieces."""
    del scope, receive
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    half = len(PAGE) // 2 - 20  # in the middle of nothing in particular
    await send({"type": "http.response.body", "body": PAGE[:half], "more_body": True})
    await send({"type": "http.response.body", "body": PAGE[half:]})


async def test_each_answer_has_its_own_nonce_in_header_and_page() -> None:
    transport = httpx2.ASGITransport(app=SecurityHeaders(page))
    nonces = set()
    async with httpx2.AsyncClient(transport=transport, base_url="http://unity.test") as http:
        for _ in range(2):
            answer = await http.get("/")
            policy = answer.headers["content-security-policy"]
            (nonce,) = re.findall(r"style-src 'self' 'nonce-([\w-]+)'", policy)
            assert answer.text.count(nonce) == 2
            assert "__CSP_NONCE__" not in answer.text
            assert answer.headers["content-length"] == str(len(answer.content))
            assert answer.headers["cache-control"] == "no-store"
            nonces.add(nonce)
    assert len(nonces) == 2


async def test_a_stream_is_not_held_back() -> None:
    sent: list[Message] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        assert sent[-1]["body"] == b"data: 1\n\n"

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/api/live", "headers": []}
    await SecurityHeaders(stream)(scope, receive, send)
    assert len(sent) == 2


async def test_the_local_socket_is_an_admin_and_no_header_makes_one(cast: Cast) -> None:
    transport = httpx2.ASGITransport(app=LocalSocket(cast.app))
    async with httpx2.AsyncClient(transport=transport, base_url="http://unity") as http:
        assert (await http.get("/api/users")).status_code == 200
        wish = {"name": "cli", "scopes": ["servers:read"]}
        assert (await http.post("/api/tokens", json=wish)).status_code == 422
        made = await http.post("/api/tokens", json=wish | {"owner": "alice"})
        assert made.status_code == 201
        assert (await http.get("/api/tokens")).json()["total"] == 1
    nobody = cast.person()
    headers = {"unity.local_socket": "true", "x-forwarded-for": "127.0.0.1"}
    assert (await nobody.call("GET", "/api/users", headers=headers)).status_code == 401
