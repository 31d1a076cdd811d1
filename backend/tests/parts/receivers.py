"""Receivers of messages on this machine: a web server and a mail server that keep what they get."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.parts.ports import free_port


@dataclass
class WebReceiver:
    """A web server that answers with the wished status, 200 when nothing is wished."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    always: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answer: str = "thank you"
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.heard.append((first, headers, body))
        status = self.statuses.pop(0) if self.statuses else self.always
        said = self.answer.encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Length: {len(said)}\r\n{more}"
            "Connection: close\r\n\r\n".encode()
            + said
        )
        await writer.drain()

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def web_receiver(port: int = 0) -> AsyncIterator[WebReceiver]:
    """Listen on a loopback port for the length of the block."""
    kept = WebReceiver()
    server = await asyncio.start_server(kept.serve, "127.0.0.1", port)
    kept.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield kept
    finally:
        server.close()
        kept.hang_up()


@dataclass
class MailReceiver:
    """A real SMTP server; `verdict` decides about each mail."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    password: bytes = b"right"
    verdict: Callable[[], str] = lambda: "250 2.0.0 Ok: queued as 4711"

    def knows(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object
    ) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == self.password
        return AuthResult(success=is_right, handled=False)

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        said = self.verdict()
        if said.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
        return said

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@asynccontextmanager
async def mail_receiver(
    port: int = 0, tls: ssl.SSLContext | None = None, way: str = ""
) -> AsyncIterator[MailReceiver]:
    """Serve SMTP on a loopback port, with STARTTLS and a login when there is a certificate.

    `way` is the only mechanism of the login that it offers, if it is named.
    """
    kept = MailReceiver()
    options: dict[str, Any] = {}
    if tls is not None:
        options = {"tls_context": tls, "authenticator": kept.knows}
    if way:
        options["auth_exclude_mechanism"] = [one for one in ("PLAIN", "LOGIN") if one != way]
    controller = Controller(kept, hostname="127.0.0.1", port=port or free_port(), **options)
    await asyncio.to_thread(controller.start)
    kept.port = int(controller.port)
    try:
        yield kept
    finally:
        await asyncio.to_thread(controller.stop)
