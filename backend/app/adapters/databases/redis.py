"""Redis and Valkey: their protocol is small enough to be spoken here.

Only the older form of the protocol is used (RESP2), which every version understands.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.ports.database_driver import (
    Answer,
    Conversation,
    DatabaseBusy,
    DatabaseError,
    DatabaseLogin,
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
_LOST = (OSError, EOFError, asyncio.LimitOverrunError, ValueError)
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
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await _connect(way)
        except TimeoutError as error:
            raise DatabaseSilent(f"It did not answer within {seconds:g} s.") from error
        except OSError as error:
            raise DatabaseUnreachable(f"No connection: {error.strerror or error}") from error
        talk = _Talk(reader, writer)
        try:
            await talk.greet(login, seconds)
            yield talk
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _connect(way: Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if way.path:
        return await asyncio.open_unix_connection(way.path, limit=_LIMIT)
    return await asyncio.open_connection(way.host, way.port, limit=_LIMIT)


class _Talk:
    """Implements `Conversation`. The text of a question is the words of one command."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def greet(self, login: DatabaseLogin, seconds: float) -> None:
        """Log in, or find out that no login is wanted."""
        try:
            if login.password is not None:
                # A password without a user name is how all did it before version 6.
                words = ["AUTH", *([login.user] if login.user else []), login.password]
                await self._send(words, seconds)
            await self._send(["PING"], seconds)
        except _ErrorReply as error:
            raise _said(str(error), login) from error

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
    if code == "NOAUTH" and login.password is None:
        return DatabaseWantsLogin("It wants a password.")
    if code in ("WRONGPASS", "NOAUTH", "NOPERM") or "password" in text.lower():
        return DatabaseRefused(f"{login.user or 'The password'} was refused: {text}")
    if code in ("LOADING", "BUSY", "MASTERDOWN") or "max number of clients" in text:
        return DatabaseBusy(f"It takes no question now: {text}")
    if code == "DENIED":
        return DatabaseWantsLogin("It is in protected mode: it wants a password.")
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
