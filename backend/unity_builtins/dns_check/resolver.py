"""Ask one server: over UDP, and over TCP when the answer was cut or it is wished."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import perf_counter

from unity_plugin import Misconfigured, Network, NotReachable, Unsupported

from unity_builtins.dns_check.wire import Garbled, RecordType, Reply, understand, written
from unity_builtins.shared.dialing import endpoint

_TRIES = 2  # UDP loses datagrams; one more question tells a lost one from a silent server


class Transport(StrEnum):
    """How the question travels."""

    UDP = "udp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, and whom."""

    server: str
    port: int
    name: str
    kind: RecordType
    transport: Transport = Transport.UDP
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with what is to be known about its way."""

    reply: Reply
    seconds: float
    transport: Transport


def system_server(path: Path = Path("/etc/resolv.conf")) -> str:
    """Return the first server that this machine itself asks."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            return words[1]
    raise Misconfigured(f"{path} names no server: enter a name server.", field="server")


async def ask(network: Network, asked: Question) -> Answer:
    """Ask, and turn to TCP when the answer does not fit a datagram."""
    number = secrets.randbelow(1 << 16)
    message = written(number, asked.name, asked.kind)
    begun = perf_counter()
    try:
        if asked.transport is Transport.UDP:
            reply = understand(await _datagram(network, asked, message), number)
            if not reply.is_cut:
                return Answer(reply, perf_counter() - begun, Transport.UDP)
        raw = await _stream(network, asked, message)
        return Answer(understand(raw, number), perf_counter() - begun, Transport.TCP)
    except Garbled as error:
        raise Unsupported(
            f"{endpoint(asked.server, asked.port)} answered something that is not DNS.",
            fix="Check the address and port of the name server.",
        ) from error


async def _datagram(network: Network, asked: Question, message: bytes) -> bytes:
    for _ in range(_TRIES - 1):
        try:
            return await network.udp(
                asked.server, asked.port, message, seconds=asked.seconds / _TRIES
            )
        except NotReachable:
            continue
    return await network.udp(asked.server, asked.port, message, seconds=asked.seconds / _TRIES)


async def _stream(network: Network, asked: Question, message: bytes) -> bytes:
    async with network.tcp(asked.server, asked.port, seconds=asked.seconds) as connection:
        await connection.write(len(message).to_bytes(2, "big") + message)
        data = b""
        while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
            piece = await connection.read()
            if not piece:
                raise NotReachable(f"{endpoint(asked.server, asked.port)} hung up.")
            data += piece
        return data[2:]
