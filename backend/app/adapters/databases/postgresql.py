"""PostgreSQL, by psycopg."""

import asyncio
import contextlib
import math
import tempfile
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg import errors
from psycopg.abc import QueryNoTemplate
from psycopg.rows import dict_row

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
    Value,
)
from app.ports.shell import Listener

_MOST_ROWS = 500
_Connection = psycopg.AsyncConnection[dict[str, object]]
# A login that fails has no class of its own in libpq: what the server said is in the text only.
_NOT_NOW = ("starting up", "shutting down", "in recovery mode", "too many", "slots are")


class Driver:
    """Implements `DatabaseDriver`."""

    @contextlib.asynccontextmanager
    async def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AsyncIterator[Conversation]:
        """Log in read-only; every statement has a time-out of its own on the server too."""
        if not login.user:
            raise DatabaseWantsLogin("PostgreSQL lets nobody in without a name.")
        async with _socket_folder(way) as place:
            connection = await _connect(place, login, seconds)
            try:
                yield _Talk(connection)
            finally:
                with contextlib.suppress(psycopg.Error):
                    await connection.close()


@contextlib.asynccontextmanager
async def _socket_folder(way: Listener) -> AsyncIterator[dict[str, str | int]]:
    """Return host and port: libpq finds a unix socket by its folder and the name it has there."""
    if not way.path:
        yield {"host": way.host, "port": way.port}
        return
    path = Path(way.path)
    name, _, port = path.name.rpartition(".")
    if name == ".s.PGSQL" and port.isdecimal():
        yield {"host": str(path.parent), "port": int(port)}
        return
    with tempfile.TemporaryDirectory(prefix="unity-pg-") as folder:
        await asyncio.to_thread(Path(folder, ".s.PGSQL.5432").symlink_to, way.path)
        yield {"host": folder, "port": 5432}


async def _connect(
    place: dict[str, str | int], login: DatabaseLogin, seconds: float
) -> _Connection:
    try:
        async with asyncio.timeout(seconds):
            return await psycopg.AsyncConnection.connect(
                **place,  # type: ignore[arg-type]  # libpq's words, which have no types
                user=login.user,
                password=login.password,
                dbname=login.database or "postgres",
                application_name="unity",
                # Nothing of the account that runs Unity takes part: no ~/.pgpass, no certificate.
                passfile="/nonexistent",
                sslcert="",
                gssencmode="disable",
                options="-c default_transaction_read_only=on -c lock_timeout=2s"
                " -c statement_timeout=8s",
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,
            )
    except TimeoutError as error:
        raise DatabaseSilent(f"It did not answer within {seconds:g} s.") from error
    except psycopg.Error as error:
        raise _said(error, login) from error


def _said(error: psycopg.Error, login: DatabaseLogin) -> DatabaseError:
    """Tell apart a login that is wrong, a server that is full or starting, and nothing there."""
    text = " ".join(str(error).split())
    said = text.rpartition("FATAL: ")[2].strip() or "no answer"
    if "does not exist" in said and said.startswith("database"):
        return DatabaseRefused(
            f"{said}.", fix="Name a database that this role may connect to, beside the login."
        )
    if "no password supplied" in text:
        return DatabaseRefused(f"{login.user} was refused: the server wants a password.")
    if any(word in said for word in _NOT_NOW):
        return DatabaseBusy(f"It takes no connection now: {said}")
    if "FATAL" in text:
        return DatabaseRefused(f"{login.user} was refused: {said}")
    if "timeout" in text:
        return DatabaseSilent("It did not answer in time.")
    return DatabaseUnreachable(f"No connection: {text.rpartition(': ')[2]}")


class _Talk:
    """Implements `Conversation`."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def ask(self, question: Question) -> Answer:
        """Ask in a transaction of its own, which cannot write."""
        try:
            async with asyncio.timeout(question.seconds + 1):
                cursor = await self._connection.execute(_text(question.text))
                rows = await cursor.fetchmany(_MOST_ROWS) if cursor.description else []
        except TimeoutError as error:
            raise DatabaseSilent(
                f"{question.key}: no answer within {question.seconds:g} s."
            ) from error
        except (errors.QueryCanceled, errors.LockNotAvailable) as error:
            return Answer(question.key, missing=Missing.TIMED_OUT, detail=_short(error))
        except errors.InsufficientPrivilege as error:
            return Answer(question.key, missing=Missing.NO_RIGHT, detail=_short(error))
        except (
            errors.UndefinedTable,
            errors.UndefinedFunction,
            errors.UndefinedColumn,
            errors.ObjectNotInPrerequisiteState,
            errors.FeatureNotSupported,
        ) as error:
            return Answer(question.key, missing=Missing.ABSENT, detail=_short(error))
        except psycopg.Error as error:
            if self._connection.broken or self._connection.closed:
                raise DatabaseUnreachable(f"The connection broke: {_short(error)}") from error
            return Answer(question.key, missing=Missing.FAILED, detail=_short(error))
        return Answer(
            question.key,
            tuple({name: _plain(value) for name, value in row.items()} for row in rows),
        )


def _text(text: str) -> QueryNoTemplate:
    return text.encode()


def _short(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())[:200]


def _plain(value: object) -> Value:
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            number = float(value)
            return number if math.isfinite(number) else None
        case timedelta():
            return value.total_seconds()
        case datetime():
            return value.timestamp()
        case date():
            return value.isoformat()
        case _:
            return str(value)
