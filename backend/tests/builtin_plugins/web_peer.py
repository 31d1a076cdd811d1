"""A web server on the loopback that answers as a test wishes, with or without TLS."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import JsonValue

Form = Mapping[str, JsonValue]
"""What a person enters."""

RECORDINGS = Path(__file__).parent / "recordings"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """One answer; `raw` is sent as it stands, and `pause` comes before it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    pause: float = 0.0


def said_json(value: object, status: int = 200) -> Said:
    return Said(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


@dataclass
class WebPeer:
    """A running server; `heard` is what it was asked."""

    answer: Callable[[Asked], Said]
    port: int = 0
    scheme: str = "http"
    heard: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read(reader)
            self.heard.append(asked)
            said = self.answer(asked)
            await asyncio.sleep(said.pause)
            writer.write(said.raw if said.raw is not None else _written(said))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def web_peer(
    answer: Callable[[Asked], Said], tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebPeer]:
    """Serve for the length of the block."""
    peer = WebPeer(answer, scheme="https" if tls else "http")
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split()
    return Asked(method, path, headers, body)


def _written(said: Said) -> bytes:
    headers = {"Content-Length": str(len(said.body)), "Connection": "close", **said.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {said.status} x\r\n{lines}\r\n".encode() + said.body


def recording(name: str) -> dict[str, Any]:
    """Return a recording; it must say where it is from, unless it is named made-…"""
    found: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    assert found["source"], f"{name} does not say where it is from"
    return found


def replayed(name: str) -> Callable[[Asked], Said]:
    """Answer as a recording does: `GET /path` to a status and JSON; 404 for what is not in it.

    `login` names the header that lets in; without it the recorded `refusal` is answered.
    """
    tape = recording(name)
    login: Mapping[str, str] = tape.get("login", {})
    open_paths = tape.get("open", [])

    def answer(asked: Asked) -> Said:
        key = f"{asked.method} {asked.path}"
        if key not in open_paths and any(
            asked.headers.get(header) != value for header, value in login.items()
        ):
            return _one(tape["refusal"])
        return _one(tape["answers"][key]) if key in tape["answers"] else Said(404, b"not found")

    return answer


def _one(entry: Mapping[str, Any]) -> Said:
    status = int(entry.get("status", 200))
    if "json" in entry:
        return said_json(entry["json"], status)
    return Said(status, str(entry.get("text", "")).encode())
