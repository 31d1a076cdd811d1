"""Receivers that can die, behind a network that can be cut; all is kept with its time."""

import asyncio
import email
import email.policy
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that a receiver has taken."""

    channel: str
    key: str
    title: str
    at: float


@dataclass
class Port:
    """A port that can be closed with all its connections, and opened again."""

    serve: Serve
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[object]] = field(default_factory=set)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # A cut ends it by a cancellation, which is all that is to come of it.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()  # an abort here could take back an answer that is on its way


class Cable:
    """Carries bytes between a port of its own and another one, until it is cut."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self.end = Port(self._carry)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, back))
                group.create_task(_pump(there, writer))
        except* (ConnectionError, OSError):
            pass
        finally:
            back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@dataclass
class Receivers:
    """A web server and a mail server; what they have taken stays when they die."""

    heard: list[Heard] = field(default_factory=list)
    web: Port = field(init=False)
    _mail: Controller | None = None
    mail_port: int = 0

    def __post_init__(self) -> None:
        self.web = Port(self._serve_web)

    async def _serve_web(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields["content-length"]))
        title = body.decode().split('"title": "', 1)[1].split('"', 1)[0]
        self.heard.append(Heard("web", fields["idempotency-key"], title, time.time()))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: object, _session: object, envelope: object
    ) -> str:
        content = getattr(envelope, "content", b"")
        mail = email.message_from_bytes(content, policy=email.policy.default)
        key = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        self.heard.append(Heard("mail", key, str(mail["Subject"]), time.time()))
        return "250 Ok"

    async def open(self) -> None:
        await self.web.open()
        port = self.mail_port or await _free_port()
        controller = Controller(self, hostname="127.0.0.1", port=port)
        await asyncio.to_thread(controller.start)
        self._mail, self.mail_port = controller, port

    async def close(self) -> None:
        await self.web.close()
        if self._mail is not None:
            await asyncio.to_thread(self._mail.stop)
            self._mail = None


async def _free_port() -> int:
    probe = Port(_nothing)
    await probe.open()
    port = probe.port
    await probe.close()
    return port


async def _nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return
