"""Echo requests over an ICMP socket of this process, counted and timed (RFC 792, RFC 4443)."""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from unity_builtins.shared.dialing import Unanswered, said

_HEADER = struct.Struct("!BBHHH")
_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_PAYLOAD = 56


class NotAllowed(Exception):
    """This process may open no ICMP socket."""


@dataclass(frozen=True, slots=True)
class Echoes:
    """What came back: the round trips in seconds of those that did."""

    sent: int
    trips: tuple[float, ...]

    @property
    def loss(self) -> float:
        """Tell how many of a hundred were lost."""
        return 100.0 * (self.sent - len(self.trips)) / self.sent

    @property
    def jitter(self) -> float:
        """Tell by how much one round trip differs from the next, on average."""
        steps = [abs(b - a) for a, b in zip(self.trips, self.trips[1:], strict=False)]
        return sum(steps) / len(steps) if steps else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many requests, how far apart, and how long to wait for each."""

    count: int = 4
    interval: float = 0.2
    wait: float = 2.0


async def ping(address: str, plan: Plan) -> Echoes:
    """Send the requests one after the other; a reply that is late counts as lost."""
    with _open(address) as opened:
        opened.setblocking(False)  # noqa: FBT003 - the library's signature
        line = _Line(opened, address, os.urandom(8))
        trips: list[float] = []
        for sequence in range(plan.count):
            if sequence:
                await asyncio.sleep(plan.interval)
            try:
                async with asyncio.timeout(plan.wait):
                    trips.append(await line.one(sequence))
            except TimeoutError:
                continue
            except OSError as error:
                raise Unanswered("echo", f"{address} {said(error)}.") from error
    return Echoes(plan.count, tuple(trips))


def _open(address: str) -> socket.socket:
    """Open a datagram ICMP socket, free where the system allows it, or a raw one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if ":" in address else socket.IPPROTO_ICMP
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with suppress(PermissionError):
            return socket.socket(family, kind, protocol)
    raise NotAllowed


@dataclass(frozen=True, slots=True)
class _Line:
    """An open socket to one address; the mark in each request tells ours from those of others."""

    opened: socket.socket
    address: str
    mark: bytes

    @property
    def version(self) -> int:
        return 6 if ":" in self.address else 4

    async def one(self, sequence: int) -> float:
        """Send one request and return how long its reply took."""
        loop = asyncio.get_running_loop()
        packet = _packet(self.version, sequence, self.mark.ljust(_PAYLOAD, b"\0"))
        begun = perf_counter()
        await loop.sock_sendto(self.opened, packet, (self.address, 0))
        while not _answers(
            await loop.sock_recv(self.opened, 2048), self.version, sequence, self.mark
        ):
            continue
        return perf_counter() - begun


def _packet(version: int, sequence: int, payload: bytes) -> bytes:
    """Write a request. A datagram socket fills in its own id; the mark tells ours apart."""
    number = os.getpid() & 0xFFFF
    kind = _REQUEST[version]
    blank = _HEADER.pack(kind, 0, 0, number, sequence) + payload
    total = checksum(blank) if version == 4 else 0  # the kernel sums up ICMPv6 itself
    return _HEADER.pack(kind, 0, total, number, sequence) + payload


def _answers(heard: bytes, version: int, sequence: int, mark: bytes) -> bool:
    """Tell whether this is the reply; a raw IPv4 socket hands out the IP header, too."""
    if version == 4 and heard[:1] and heard[0] >> 4 == 4:
        heard = heard[(heard[0] & 0xF) * 4 :]
    if len(heard) < _HEADER.size:
        return False
    kind, _, _, _, number = _HEADER.unpack_from(heard)
    is_reply = bool(kind == _REPLY[version] and number == sequence)
    return is_reply and heard[8:].startswith(mark)


def checksum(data: bytes) -> int:
    """Sum up 16 bit words in one's complement (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
