"""A way to web addresses for a client that looks names up by itself, and so might look twice.

The client is given a proxy on the loopback. That looks each name up, checks what it finds, and
connects to just that; TLS goes through it untouched, so that names and certificates stay as they
are. Only the client knows the word that opens it.
"""

import asyncio
import base64
import contextlib
import re
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from app.kernel.addresses import is_refused

_PIECE = 256 * 1024
_CONNECT_SECONDS = 10.0
_WORD = re.compile(rb"\r\nproxy-authorization: *([^\r\n]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,18})\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
# A client that is wrong, gone or refused is hung up on; it has its own words for that.
_TROUBLE = (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


class RefusedAddress(OSError):
    """The name leads to an address that is never spoken to."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def checked(lookup: Lookup, host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, or raise `RefusedAddress` when one is never spoken to."""
    addresses = await lookup(host, port)
    if any(is_refused(one) for one in addresses):
        raise RefusedAddress(f"{host} is a link-local or metadata address")
    return addresses


@asynccontextmanager
async def checked_way(lookup: Lookup) -> AsyncIterator[str]:
    """Return the address of a proxy that lives as long as the block."""
    word = secrets.token_urlsafe(24)
    way = _Way(lookup, b"Basic " + base64.b64encode(f"unity:{word}".encode()))
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    try:
        yield f"http://unity:{word}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await way.close()


class _Way:
    def __init__(self, lookup: Lookup, word: bytes) -> None:
        self._lookup = lookup
        self._word = word
        self._serving: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    async def serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            # Only `close` cancels this, and a cancelled server of streams would be logged.
            with contextlib.suppress(asyncio.CancelledError, *_TROUBLE):
                await self._connect(near, back)
        finally:
            back.close()

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        head = await self._head(near)
        method, target, _ = head.split(b" ", 2)
        is_tunnel = method == b"CONNECT"
        far, forth = await self._dial(("//" if is_tunnel else "") + target.decode("ascii"))
        if is_tunnel:
            back.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(
                    _copied(near, forth) if is_tunnel else self._asked(head, near, forth)
                )
                both.create_task(_copied(far, back))
        finally:
            forth.close()

    async def _head(self, near: asyncio.StreamReader) -> bytes:
        """Read the head of a request; the word that opens this way goes no further."""
        head = await near.readuntil(b"\r\n\r\n")
        word = _WORD.search(head)
        if word is None or not secrets.compare_digest(word[1], self._word):
            raise PermissionError("Another program of this machine tried to use this way.")
        return _WORD.sub(b"", head)

    async def _dial(self, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        trouble: OSError = ConnectionError(f"{host} has no address")
        for address in await checked(self._lookup, host, port):
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, port)
            except OSError as error:  # a time-out is one, too
                trouble = error
        raise trouble

    async def _asked(
        self, head: bytes, near: asyncio.StreamReader, forth: asyncio.StreamWriter
    ) -> None:
        """Pass requests on in the form that servers know: without the host in their first line."""
        place = _place(head)
        try:
            with contextlib.suppress(*_TROUBLE):
                while _place(head) == place and not _CHUNKED.search(head):
                    forth.write(head.replace(place, b"", 1))
                    length = _LENGTH.search(head)
                    await _copy(near, forth, int(length[1]) if length else 0)
                    head = await self._head(near)
        finally:
            forth.close()


def _place(head: bytes) -> bytes:
    """Return `http://host:port` of a request's first line."""
    parts = urlsplit(head.split(b" ", 2)[1])
    return parts.scheme + b"://" + parts.netloc


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until one side ends, and tell the other."""
    try:
        with contextlib.suppress(*_TROUBLE):
            while piece := await source.read(_PIECE):
                sink.write(piece)
                await sink.drain()
    finally:
        sink.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, length: int) -> None:
    while length > 0:
        piece = await source.read(min(length, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        sink.write(piece)
        await sink.drain()
        length -= len(piece)
