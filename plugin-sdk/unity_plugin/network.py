"""The way out for plugins: HTTP, TCP with or without TLS, UDP, names, programs of this machine.

Each address is looked up once, checked, and spoken to as what it was checked as.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from unity_plugin import tools
from unity_plugin.addresses import resolve
from unity_plugin.errors import NotReachable
from unity_plugin.http import MOST_BYTES, Answer, Asking, ask, tls_context
from unity_plugin.tools import Done

_LONGEST_LINE = 1024 * 1024
_DATAGRAM = 65_535


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What a server showed when TLS began."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    serial: str


@dataclass(frozen=True, slots=True)
class Connection:
    """An open TCP connection; errors of the network leave its block as `NotReachable`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str
    seconds: float

    async def line(self) -> str:
        """Return the next line without its end; `NotReachable` when nothing more comes."""
        async with asyncio.timeout(self.seconds):
            found = await self.reader.readline()
        if not found:
            raise NotReachable("The other side closed the connection.")
        return found.decode("utf-8", "replace").rstrip("\r\n")

    async def write(self, data: bytes | str) -> None:
        """Send bytes, or text as UTF-8."""
        self.writer.write(data.encode() if isinstance(data, str) else data)
        async with asyncio.timeout(self.seconds):
            await self.writer.drain()

    async def read(self, most: int = 65_536) -> bytes:
        """Return what has come, up to so many bytes; empty at the end."""
        async with asyncio.timeout(self.seconds):
            return await self.reader.read(most)

    @property
    def certificate(self) -> PeerCertificate | None:
        """What the other side showed; None without TLS."""
        tls = self.writer.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls is not None else None
        return None if shown is None else read_certificate(shown)


class Network:
    """What `run.network` offers."""

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
        verifies_tls: bool = True,
        seconds: float = 10.0,
    ) -> Answer:
        """Ask by GET; any status is an answer (see `Answer.expect_success`)."""
        return await ask(
            url,
            Asking(
                headers=headers or {},
                params=params or {},
                login=login,
                verifies_tls=verifies_tls,
                seconds=seconds,
            ),
        )

    async def post(
        self,
        url: str,
        *,
        json_body: JsonValue = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        verifies_tls: bool = True,
        seconds: float = 10.0,
    ) -> Answer:
        """Send JSON, or bytes, by POST."""
        sent = dict(headers or {})
        if json_body is not None:
            content = json.dumps(json_body).encode()
            sent.setdefault("Content-Type", "application/json")
        return await ask(
            url,
            Asking(
                method="POST",
                headers=sent,
                content=content,
                verifies_tls=verifies_tls,
                seconds=seconds,
            ),
        )

    async def ask(self, url: str, asking: Asking) -> Answer:
        """Make any request: another method, redirects, another limit of size."""
        return await ask(url, asking)

    @asynccontextmanager
    async def tcp(
        self,
        host: str,
        port: int,
        *,
        tls: bool = False,
        verifies_tls: bool = True,
        server_name: str = "",
        seconds: float = 10.0,
    ) -> AsyncIterator[Connection]:
        """Connect; time-outs and errors of the network inside of the block become `NotReachable`.

        `tls` begins TLS from the first byte; `server_name` is asked for, if it is not `host`.
        """
        context = tls_context(verifies=verifies_tls) if tls else None
        writer: asyncio.StreamWriter | None = None
        try:
            reader, writer, address = await _connect(
                host, port, context, (server_name or host) if tls else None, seconds
            )
            yield Connection(reader, writer, address, seconds)
        except TimeoutError:
            raise NotReachable(
                f"{host}:{port} did not answer within {seconds:g} s.",
                fix="Check that it runs, and that no firewall is between.",
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise NotReachable(
                f"The certificate of {host}:{port} is not trusted: {error.verify_message}.",
                fix="Install its authority on this machine, or switch the check off.",
            ) from error
        except (OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or str(error) or "the connection broke"
            raise NotReachable(
                f"{host}:{port} could not be reached: {why}.",
                fix="Check the address and port, and that it runs.",
            ) from error
        finally:
            if writer is not None:
                writer.close()

    async def udp(self, host: str, port: int, payload: bytes, *, seconds: float = 5.0) -> bytes:
        """Send one datagram and return the one that comes back."""
        address, *_ = await resolve(host, port)
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        try:
            transport, _protocol = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _OneAnswer(answered), remote_addr=(address, port)
            )
        except OSError as error:
            raise NotReachable(f"{host}:{port} could not be reached: {error.strerror}.") from error
        try:
            transport.sendto(payload)
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError:
            raise NotReachable(f"{host}:{port} did not answer within {seconds:g} s.") from None
        except OSError as error:
            raise NotReachable(f"{host}:{port} refused: {error.strerror or error}.") from error
        finally:
            transport.close()

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the addresses of a name, by this machine's own way of looking names up."""
        return await resolve(host)

    async def tool(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        seconds: float = 20.0,
    ) -> Done:
        """Run a program of the machine that Unity runs on; see `unity_plugin.tools.run_tool`."""
        return await tools.run_tool(argv, stdin=stdin, env=env, folder=folder, seconds=seconds)


async def _connect(
    host: str, port: int, context: ssl.SSLContext | None, name: str | None, seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
    """Connect to the first address that takes it; the last one's error counts."""
    *others, last = await resolve(host, port)
    async with asyncio.timeout(seconds):
        for address in (*others, last):
            try:
                reader, writer = await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=name, limit=_LONGEST_LINE
                )
            except ConnectionError:
                if address == last:
                    raise
            else:
                return reader, writer, address
    raise NotReachable(f"The name {host} has no address.")


class _OneAnswer(asyncio.DatagramProtocol):
    """Keeps the first datagram that comes."""

    def __init__(self, answered: asyncio.Future[bytes]) -> None:
        self._answered = answered

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        if not self._answered.done():
            self._answered.set_result(data[:_DATAGRAM])

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)


def read_certificate(der: bytes) -> PeerCertificate:
    """Read what people want to know of a certificate."""
    from cryptography import x509  # noqa: PLC0415 - few plugins look at certificates

    found = x509.load_der_x509_certificate(der)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        listed = tuple(str(each.value) for each in names)
    except x509.ExtensionNotFound:
        listed = ()
    return PeerCertificate(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        names=listed,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        serial=f"{found.serial_number:x}",
    )


__all__ = ["MOST_BYTES", "Answer", "Asking", "Connection", "Done", "Network", "PeerCertificate"]
