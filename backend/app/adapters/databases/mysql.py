"""MySQL and MariaDB, by aiomysql."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

import aiomysql
from aiomysql.connection import Connection
from pymysql import err

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
    Value,
)
from app.ports.shell import Listener

_MOST_ROWS = 2000
_REFUSED = frozenset({1045, 1044, 1049, 1698, 1862, 3118, 3159, 4151, 1251, 1524})
_BUSY = frozenset({1040, 1053, 1203, 1226, 4150, 1129, 1130})
_NO_RIGHT = frozenset({1142, 1143, 1227, 1044, 1045, 1370, 1109})
_ABSENT = frozenset({1146, 1054, 1064, 1193, 1286, 1235, 1305})
_TIMED_OUT = frozenset({1969, 3024, 1205})
_HELLO = 1130  # "Host … is not allowed to connect" comes instead of a greeting


class _NearConnection(Connection):  # type: ignore[misc]  # aiomysql has no types
    """A connection whose unix socket is only the near end of a TCP connection on the far side.

    The server sees TCP, so the passwords of its newer methods are sent under its public key, and
    not in the clear as over a unix socket of its own.
    """

    async def _request_authentication(self) -> None:
        self._secure = False
        await super()._request_authentication()


class Driver:
    """Implements `DatabaseDriver`."""

    @contextlib.asynccontextmanager
    async def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AsyncIterator[Conversation]:
        """Log in, and make the session read-only."""
        if not login.user:
            # To connect without logging in counts against us: a server blocks the address that
            # breaks off too many handshakes.
            raise DatabaseWantsLogin("MySQL and MariaDB let nobody in without a name.")
        connection = await _connect(way, login, seconds)
        try:
            talk = _Talk(connection)
            await talk.ask(Question("session", "SET SESSION TRANSACTION READ ONLY"))
            yield talk
        finally:
            connection.close()


async def _connect(way: Listener, login: DatabaseLogin, seconds: float) -> Connection:
    kind = _NearConnection if way.path.endswith("/socket") else Connection
    place = {"unix_socket": way.path} if way.path else {"host": way.host, "port": way.port}
    connection = kind(
        **place,
        user=login.user,
        password=login.password or "",
        db=login.database or None,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=seconds,
        program_name="unity",
        # Nothing of the account that runs Unity takes part, and no file of ours is ever sent.
        read_default_file=None,
        local_infile=False,
    )
    try:
        async with asyncio.timeout(seconds):
            await connection._connect()  # noqa: SLF001 - what aiomysql.connect itself awaits
    except TimeoutError as error:
        connection.close()
        raise DatabaseSilent(f"It did not answer within {seconds:g} s.") from error
    except (err.Error, OSError, EOFError, RuntimeError, ValueError) as error:
        connection.close()
        raise _said(error, login) from error
    return connection


def _said(error: Exception, login: DatabaseLogin) -> DatabaseError:
    code, text = _code(error)
    inner = error.__cause__ or error.__context__
    if code not in _REFUSED | _BUSY and isinstance(inner, err.Error):
        code, text = _code(inner)
    if code == _HELLO:
        return DatabaseRefused(f"{text}.", fix="Let the user log in from this address.")
    if code in _REFUSED:
        return DatabaseRefused(f"{login.user} was refused: {text}")
    if code in _BUSY:
        return DatabaseBusy(f"It takes no connection now: {text}")
    if isinstance(error, TimeoutError) or isinstance(inner, TimeoutError):
        return DatabaseSilent("It did not answer in time.")
    return DatabaseUnreachable(f"No connection: {text}")


class _Talk:
    """Implements `Conversation`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, question: Question) -> Answer:
        """Ask with a time-out; a statement that is still running ends with the connection."""
        try:
            async with asyncio.timeout(question.seconds):
                cursor = await self._connection.cursor(aiomysql.DictCursor)
                await cursor.execute(question.text)
                rows = await cursor.fetchmany(_MOST_ROWS)
                await cursor.close()
        except TimeoutError as error:
            raise DatabaseSilent(
                f"{question.key}: no answer within {question.seconds:g} s."
            ) from error
        except err.Error as error:
            return _failed(question, error, self._connection)
        except (OSError, EOFError, RuntimeError) as error:
            raise DatabaseUnreachable(f"The connection broke: {error}") from error
        return Answer(question.key, tuple(_row(row) for row in rows))


def _failed(question: Question, error: err.Error, connection: Connection) -> Answer:
    code, text = _code(error)
    if code in _NO_RIGHT:
        return Answer(question.key, missing=Missing.NO_RIGHT, detail=text)
    if code in _ABSENT:
        return Answer(question.key, missing=Missing.ABSENT, detail=text)
    if code in _TIMED_OUT:
        return Answer(question.key, missing=Missing.TIMED_OUT, detail=text)
    if connection.closed:
        raise DatabaseUnreachable(f"The connection broke: {text}") from error
    return Answer(question.key, missing=Missing.FAILED, detail=text)


def _code(error: BaseException) -> tuple[int, str]:
    first = error.args[0] if error.args else 0
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    return (first if isinstance(first, int) else 0), " ".join(text.split())[:200]


def _row(row: object) -> Row:
    named = cast("dict[str, object]", row)
    return {name: _plain(value) for name, value in named.items()}


def _plain(value: object) -> Value:
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            number = float(value)
            return number if math.isfinite(number) else None
        case timedelta():
            return value.total_seconds()
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)
