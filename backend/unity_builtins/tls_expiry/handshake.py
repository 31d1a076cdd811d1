"""Two handshakes: one that takes whatever is shown, to read it, and one that judges it."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter

from unity_plugin import Network

from unity_builtins.shared.certificates import Certificate, UnreadableCertificate, read
from unity_builtins.shared.dialing import Connection, Family, Unanswered, dial, endpoint, said
from unity_builtins.shared.trust import blind, trusting


class StartTls(StrEnum):
    """How the protocol turns to TLS."""

    NONE = "none"
    SMTP = "smtp"
    IMAP = "imap"
    POP3 = "pop3"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed."""

    chain: tuple[Certificate, ...]
    distrust: str  # why the chain is not trusted; empty when it is
    protocol: str
    connect_seconds: float
    handshake_seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """Where to knock, and under which name."""

    host: str
    port: int
    name: str
    family: Family = Family.ANY
    start_tls: StartTls = StartTls.NONE
    authority: str = ""


async def look(network: Network, target: Target) -> Shown:
    """Read the chain, then ask OpenSSL whether it leads to an authority that is trusted here."""
    judge = trusting(target.authority)
    # Whether the name fits is told apart, in words of its own.
    judge.check_hostname = False
    connection = await dial(network, target.host, target.port, target.family)
    try:
        begun = perf_counter()
        tls = await _shake(connection, target, blind())
        seconds = perf_counter() - begun
        chain, version = _chain(tls), tls.version() or ""
    finally:
        connection.close()
    if not chain:
        raise Unanswered("tls", f"{endpoint(target.host, target.port)} shows no certificate.")
    distrust = await _distrust(network, target, judge)
    return Shown(chain, distrust, version, connection.connect_seconds, seconds)


async def _distrust(network: Network, target: Target, judge: ssl.SSLContext) -> str:
    connection = await dial(network, target.host, target.port, target.family)
    try:
        await _shake(connection, target, judge)
    except Unanswered as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return error.__cause__.verify_message
        raise
    finally:
        connection.close()
    return ""


async def _shake(connection: Connection, target: Target, context: ssl.SSLContext) -> ssl.SSLObject:
    where = endpoint(target.host, target.port)
    try:
        if dialogue := _DIALOGUES.get(target.start_tls):
            await dialogue(connection)
        await connection.writer.start_tls(context, server_hostname=target.name)
    except _NoTls as error:
        raise Unanswered("tls", f"{where} does not offer TLS by {target.start_tls}.") from error
    except (OSError, EOFError) as error:
        raise Unanswered("tls", f"{where} {said(error)}.") from error
    except ValueError as error:  # a line without end, or a name that is none
        raise Unanswered("tls", f"{where} does not speak as expected.") from error
    tls = connection.writer.get_extra_info("ssl_object")
    if not isinstance(tls, ssl.SSLObject):
        raise Unanswered("tls", f"{where} hung up.")
    return tls


def _chain(tls: ssl.SSLObject) -> tuple[Certificate, ...]:
    try:
        return tuple(read(one) for one in _shown(tls))
    except UnreadableCertificate as error:
        raise Unanswered("tls", str(error)) from error


def _shown(tls: ssl.SSLObject) -> list[bytes]:
    """Return the chain as it came: Python has a call for it from 3.13 on, and hides it before."""
    if public := getattr(tls, "get_unverified_chain", None):
        return list(public())
    hidden = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    if hidden is not None:
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in hidden() or ()]
    leaf = tls.getpeercert(binary_form=True)
    return [leaf] if leaf else []


class _NoTls(Exception):
    """The server speaks the protocol, and does not turn to TLS."""


async def _smtp(connection: Connection) -> None:
    await _answer(connection, b"220")
    connection.writer.write(b"EHLO unity.invalid\r\n")
    await _answer(connection, b"250")
    connection.writer.write(b"STARTTLS\r\n")
    await _answer(connection, b"220")


async def _answer(connection: Connection, code: bytes) -> None:
    """Read the lines of one reply (RFC 5321: all but the last have a hyphen after the code)."""
    for _ in range(100):
        line = await _begins(connection, code)
        if line[3:4] != b"-":
            return
    raise _NoTls


async def _imap(connection: Connection) -> None:
    await _begins(connection, b"* OK")
    connection.writer.write(b"a1 STARTTLS\r\n")
    await _begins(connection, b"a1 OK")


async def _pop3(connection: Connection) -> None:
    await _begins(connection, b"+OK")
    connection.writer.write(b"STLS\r\n")
    await _begins(connection, b"+OK")


async def _begins(connection: Connection, start: bytes) -> bytes:
    line = await connection.reader.readline()
    if not line:
        raise EOFError
    if not line.upper().startswith(start.upper()):
        raise _NoTls
    return line


async def _postgresql(connection: Connection) -> None:
    """Send SSLRequest, as PostgreSQL's documentation of its protocol has it."""
    connection.writer.write(bytes.fromhex("0000000804d2162f"))
    if await connection.reader.readexactly(1) != b"S":
        raise _NoTls


_DIALOGUES: Mapping[StartTls, Callable[[Connection], Awaitable[None]]] = {
    StartTls.SMTP: _smtp,
    StartTls.IMAP: _imap,
    StartTls.POP3: _pop3,
    StartTls.POSTGRESQL: _postgresql,
}
