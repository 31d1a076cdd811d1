"""Brings checkpoints to a file, to syslog (RFC 5424 by UDP, TCP or TLS), or to a webhook."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app.kernel.addresses import is_refused
from app.ports.checkpoint_sink import SinkAddress, SinkFailed

_SECONDS = 10.0
_NOTICE = 13 * 8 + 5  # facility "log audit", severity "notice"
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
_PORTS = {"syslog_udp": 514, "syslog_tcp": 601, "syslog_tls": 6514}


class NetworkSinks:
    """Brings each line by one connection of its own: they come once an hour."""

    def __init__(
        self,
        *,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        lookup: Lookup | None = None,
    ) -> None:
        self._tls = tls
        self._lookup = lookup or _look_up

    async def send(self, address: SinkAddress, line: str) -> None:
        """Bring one line there, or raise `SinkFailed`."""
        try:
            async with asyncio.timeout(_SECONDS):
                if address.kind == "file":
                    await asyncio.to_thread(_append, Path(address.target), line)
                else:
                    await self._bring(address, line)
        except TimeoutError as error:
            raise SinkFailed(f"{address.shown} took more than {_SECONDS:.0f} seconds.") from error
        except (OSError, UnicodeError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SinkFailed(f"{address.shown}: {error or type(error).__name__}") from error

    async def _bring(self, address: SinkAddress, line: str) -> None:
        """Try the addresses that the name has, in order: `localhost` may be listened to at one."""
        name, port = _place(address)
        hosts = await self._lookup(name, port)
        if any(is_refused(one) for one in hosts):
            raise SinkFailed(f"{name} is an address that Unity never speaks to.")
        trouble: Exception = SinkFailed(f"{name} has no address.")
        for host in hosts:
            try:
                return await self._speak(address, host, line)
            except (OSError, httpx2.ConnectError) as error:
                trouble = error
        raise trouble

    async def _speak(self, address: SinkAddress, host: str, line: str) -> None:
        if address.kind == "webhook":
            await _post(address, host, line)
        else:
            await self._syslog(address, host, line)

    async def _syslog(self, address: SinkAddress, host: str, line: str) -> None:
        name, port = _place(address)
        message = _message(line)
        if address.kind == "syslog_udp":
            await _datagram(host, port, message)
            return
        context = self._tls() if address.kind == "syslog_tls" else None
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=name if context else None
        )
        del reader
        try:
            # Octet counting: a line break inside of a message cannot make two of it.
            writer.write(f"{len(message)} ".encode() + message)
            await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()


def _append(path: Path, line: str) -> None:
    """Append and force it to the disk; a file of the kind that can only grow will do."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _look_up(name: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def _post(address: SinkAddress, host: str, line: str) -> None:
    """Post to the address that was checked, under the name that people entered."""
    url = httpx2.URL(address.target)
    # trust_env is off: a proxy of the environment would resolve the name anew.
    async with (
        httpx2.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST",
            url.copy_with(host=host),
            content=line.encode(),
            headers={"Host": url.netloc.decode("ascii"), "Content-Type": "application/json"},
            extensions={"sni_hostname": url.host},
        ) as answer,
    ):
        if not answer.is_success:
            raise SinkFailed(f"{address.shown} answered with {answer.status_code}.")


async def _datagram(host: str, port: int, message: bytes) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(host, port)
    )
    try:
        transport.sendto(message)
    finally:
        transport.close()


def _message(line: str) -> bytes:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    host = socket.gethostname()[:255] or "-"
    head = f"<{_NOTICE}>1 {at} {host} unity {os.getpid()} audit-checkpoint - "
    return head.encode("ascii", "replace") + line.encode()


def _place(address: SinkAddress) -> tuple[str, int]:
    if address.kind == "webhook":
        url = httpx2.URL(address.target)
        return url.host, url.port or (443 if url.scheme == "https" else 80)
    host, _, port = address.target.rpartition(":")
    if host and port.isdecimal():
        return host.strip("[]"), int(port)
    return address.target.strip("[]"), _PORTS[address.kind]
