"""From a name to an open connection, with the time that each step took."""

import asyncio
import os
import ssl
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter

from unity_plugin import AddressRefused, Network, NotReachable


class Family(StrEnum):
    """Which addresses of a name are used."""

    ANY = "any"
    IPV4 = "IPv4"
    IPV6 = "IPv6"


class Unanswered(NotReachable):
    """A step on the way to an answer failed; `step` names it."""

    def __init__(self, step: str, detail: str, *, fix: str = "") -> None:
        super().__init__(detail, fix=fix)
        self.step = step


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a name stands for, and how long it took to learn."""

    found: tuple[str, ...]
    seconds: float


async def resolve(network: Network, host: str, family: Family = Family.ANY) -> Addresses:
    """Ask this machine's resolver for the addresses of one family."""
    begun = perf_counter()
    try:
        every = await network.resolve(host)
    except AddressRefused:
        raise
    except NotReachable as error:
        raise Unanswered("resolve", error.detail, fix=error.fix) from error
    seconds = perf_counter() - begun
    found = tuple(one for one in every if family is Family.ANY or family_of(one) is family)
    if not found:
        raise Unanswered(
            "resolve", f"The name {host} has no {family} address.", fix="Choose another family."
        )
    return Addresses(found, seconds)


def family_of(address: str) -> Family:
    """Tell the family of an address."""
    return Family.IPV6 if ":" in address else Family.IPV4


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str
    resolve_seconds: float
    connect_seconds: float

    def close(self) -> None:
        """Hang up without waiting for the peer."""
        self.writer.transport.abort()


async def dial(network: Network, host: str, port: int, family: Family = Family.ANY) -> Connection:
    """Open a connection to the first address of the name that answers."""
    addresses = await resolve(network, host, family)
    reason: OSError | None = None
    for address in addresses.found:
        begun = perf_counter()
        try:
            reader, writer = await asyncio.open_connection(address, port)
        except OSError as error:
            reason = error
            continue
        return Connection(reader, writer, address, addresses.seconds, perf_counter() - begun)
    raise Unanswered(
        "connect",
        f"{endpoint(host, port)} {said(reason)}.",
        fix="Check the address and port, that it runs, and that no firewall is between.",
    ) from reason


def said(error: BaseException | None) -> str:
    """Say what an error of the network means, as the end of a sentence."""
    match error:
        case ssl.SSLCertVerificationError():
            words = f"shows a certificate that is not trusted: {error.verify_message}"
        case ssl.SSLError():
            words = f"does not speak TLS as expected: {(error.reason or 'no details').lower()}"
        case ConnectionRefusedError():
            words = "refused the connection"
        case ConnectionError() | EOFError():
            words = "hung up"
        case TimeoutError():
            words = "did not answer in time"
        case OSError(errno=int() as number):
            words = f"is not reachable: {os.strerror(number).lower()}"
        case _:
            words = "is not reachable"
    return words


def endpoint(host: str, port: int) -> str:
    """Write host and port as in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
