"""Redis and Valkey: their protocol is small enough to be spoken here.

Only the older form of the protocol is used (RESP2), which every version understands.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

from app.ports.database_driver import (
    Answer,
    Conversation,
    DatabaseBusy,
    DatabaseError,
    DatabaseLogin,
    DatabaseNotLetIn,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnreachable,
    DatabaseWantsLogin,
    Missing,
    Question,
    Row,
)
from app.ports.shell import Listener

_LIMIT = 4 * 1024 * 1024
_DEEPEST = 8
_MOST = 100_000
_LOST = (OSError, asyncio.LimitOverrunError, ValueError)
Reply = str | int | None | list["Reply"]


class _ErrorReply(Exception):
    """The server answered with an error."""


class Driver:
    """Implements `DatabaseDriver`."""

    @contextlib.asynccontextmanager
    async def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AsyncIterator[Conversation]:
        """Connect, log in where there is a login, and see that it answers."""
        talk, wants_login = await _greeted(way, seconds)
        try:
            await talk.log_in(login, seconds, is_wanted=wants_login)
            yield talk
        finally:
            await talk.close()


async def _greeted(way: Listener, seconds: float) -> tuple["_Talk", bool]:
    """Connect, with TLS where it speaks nothing else; return whether it wants a login.

    It is greeted before it gets a password, so that none is sent in the clear to a port of TLS.
    """
    try:
        return await _met(await _connected(way, seconds), seconds)
    except DatabaseUnreachable as error:
        try:
            talk = await _connected(way, seconds, _without_proof())
        except DatabaseError:
            raise error from None  # it is no port of TLS either
    try:
        return await _met(talk, seconds)
    except DatabaseUnreachable as error:
        raise DatabaseNotLetIn(
            "It speaks TLS only, and wants a certificate of whoever connects.",
            fix="Let passwords do: `tls-auth-clients optional` in its configuration; or give it a"
            " unix socket (`unixsocket`), which only this machine reaches.",
        ) from error


async def _met(talk: "_Talk", seconds: float) -> tuple["_Talk", bool]:
    """Greet, and end the connection where nothing comes of it."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(talk.close)
        wants_login = await talk.greet(seconds)
        stack.pop_all()
    return talk, wants_login


def _without_proof() -> ssl.SSLContext:
    """Return what encrypts and asks for no proof: the way is inside of the SSH connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _connected(way: Listener, seconds: float, tls: ssl.SSLContext | None = None) -> "_Talk":
    try:
        async with asyncio.timeout(seconds):
            return _Talk(*await _connect(way, tls))
    except TimeoutError as error:
        raise DatabaseSilent(f"It did not answer within {seconds:g} s.") from error
    except OSError as error:
        raise DatabaseUnreachable(f"No connection: {error.strerror or error}") from error


async def _connect(
    way: Listener, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = None if tls is None else ""
    if way.path:
        return await asyncio.open_unix_connection(
            way.path, limit=_LIMIT, ssl=tls, server_hostname=name
        )
    return await asyncio.open_connection(
        way.host, way.port, limit=_LIMIT, ssl=tls, server_hostname=name
    )


class _Talk:
    """Implements `Conversation`. The text of a question is the words of one command."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def greet(self, seconds: float) -> bool:
        """See that it answers; return whether it wants a login first."""
        try:
            await self._send(["PING"], seconds)
        except _ErrorReply as error:
            if str(error).startswith("NOAUTH"):
                return True
            # A sentinel, and a user without the right to ask, answer otherwise; so may what is
            # no Redis at all.
            if not str(error).startswith("NOPERM"):
                raise _said(str(error), DatabaseLogin()) from error
        return False

    async def log_in(self, login: DatabaseLogin, seconds: float, *, is_wanted: bool) -> None:
        """Log in, or find out that no login is wanted."""
        if login.password is None:
            if is_wanted:
                raise DatabaseWantsLogin("It wants a password.")
            return
        # A password without a name is that of `default`, and all that was known before version 6.
        named = [] if login.user in ("", "default") else [login.user]
        try:
            await self._send(["AUTH", *named, login.password], seconds)
            await self._send(["PING"], seconds)
        except _ErrorReply as error:
            # What it does not know it repeats, with the password in it.
            said = str(error).partition(", with args beginning")[0]
            raise _said(login.hidden_in(said), login) from error

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def ask(self, question: Question) -> Answer:
        try:
            reply = await self._send(question.text.split(" "), question.seconds)
        except _ErrorReply as error:
            return _failed(question, str(error))
        if isinstance(reply, list):
            return Answer(question.key, tuple(_row(one) for one in reply))
        return Answer(question.key, text="" if reply is None else str(reply))

    async def _send(self, words: list[str], seconds: float) -> Reply:
        parts = [word.encode() for word in words]
        head = f"*{len(parts)}\r\n".encode()
        body = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(head + body)
                await self._writer.drain()
                return await self._reply(0)
        except TimeoutError as error:
            raise DatabaseSilent(f"No answer within {seconds:g} s.") from error
        except EOFError as error:  # its text counts bytes, which tells nobody anything
            raise DatabaseUnreachable("It ended the connection before it had answered.") from error
        except _LOST as error:
            raise DatabaseUnreachable(f"The connection broke: {error}") from error

    async def _reply(self, depth: int) -> Reply:
        line = (await self._reader.readuntil(b"\r\n"))[:-2]
        kind, text = line[:1], line[1:].decode("utf-8", "replace")
        match kind:
            case b"+":
                return text
            case b"-":
                raise _ErrorReply(text)
            case b":":
                return int(text)
            case b"$":
                return await self._bulk(int(text))
            case b"*":
                count = int(text)
                if depth > _DEEPEST or count > _MOST:
                    raise ValueError("An answer of no use.")
                return None if count < 0 else [await self._reply(depth + 1) for _ in range(count)]
            case _:
                raise ValueError("It does not speak the protocol of Redis.")

    async def _bulk(self, length: int) -> str | None:
        if length < 0:
            return None
        if length > _LIMIT:
            raise ValueError("An answer that is too long.")
        return (await self._reader.readexactly(length + 2))[:-2].decode("utf-8", "replace")


def _said(text: str, login: DatabaseLogin) -> DatabaseError:
    code = text.partition(" ")[0]
    if code == "DENIED":
        return DatabaseWantsLogin("It is in protected mode: it wants a password.")
    if code in ("LOADING", "BUSY", "MASTERDOWN") or "max number of clients" in text:
        return DatabaseBusy(f"It takes no question now: {text}")
    if "wrong number of arguments" in text:
        return DatabaseRefused(
            f"{login.user} was refused: before version 6 it knows no users.",
            fix="Enter the password of `requirepass`, with the user name `default`.",
        )
    if "unknown command" in text.lower() and login.password is not None:
        return DatabaseRefused(
            f"{login.user or 'The password'} was refused: {text}",
            fix="It lets nobody log in: its AUTH is renamed. Give it a user over its unix socket,"
            " or forget the login.",
        )
    if code in ("WRONGPASS", "NOAUTH", "NOPERM") or "password" in text.lower():
        return DatabaseRefused(f"{login.user or 'The password'} was refused: {text}")
    return DatabaseUnreachable(f"It answered: {text}")


def _failed(question: Question, text: str) -> Answer:
    code = text.partition(" ")[0]
    if code in ("NOPERM", "NOAUTH"):
        return Answer(question.key, missing=Missing.NO_RIGHT, detail=text[:200])
    if "unknown command" in text.lower() or "unknown subcommand" in text.lower():
        return Answer(question.key, missing=Missing.ABSENT, detail=text[:200])
    return Answer(question.key, missing=Missing.FAILED, detail=text[:200])


def _row(reply: Reply) -> Row:
    """Give the parts of a row numbers as names; the arguments within become one text."""
    parts = reply if isinstance(reply, list) else [reply]
    return {
        str(index): " ".join(map(str, part)) if isinstance(part, list) else part
        for index, part in enumerate(parts)
    }
