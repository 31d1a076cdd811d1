"""PostgreSQL, by psycopg."""

import asyncio
import contextlib
import math
import re
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
    DatabaseNotLetIn,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnreachable,
    DatabaseUnsupported,
    DatabaseWantsLogin,
    Missing,
    Question,
    Value,
)
from app.ports.shell import Listener

_MOST_ROWS = 500
_OLDEST = 100_000  # version 10: the first with a role for monitoring
_Connection = psycopg.AsyncConnection[dict[str, object]]
# A login that fails brings no code out of libpq, only what the server said, in the server's own
# language. Two blanks behind its first word tell that it was the server who spoke.
_SERVER_SAID = re.compile(r" failed: [^\s:]{1,40}:  ([^\n]*)")
_QUOTES = "[\"'\u00ab\u00bb\u2018-\u201f\u300c\u300d]"  # of all the languages that it has
_ADDRESS = re.compile(r"\"(\d+\.\d+\.\d+\.\d+|[0-9a-f:]*:[0-9a-f:.]*|\[local\])\"")


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
        yield {"hostaddr": way.host, "host": way.host, "port": way.port}
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
    """Log in without TLS, and with it where that is asked for.

    The way is a socket inside of the SSH connection, or of the machine itself. Left to choose,
    libpq would send a wrong password twice, once over each, and two count twice.
    """
    try:
        connection = await _log_in(place, login, seconds, "disable")
    except DatabaseNotLetIn as closed:
        if "hostaddr" not in place:
            raise
        try:
            connection = await _log_in(place, login, seconds, "require")
        except DatabaseUnreachable:  # it speaks no TLS
            raise closed from None
    version = connection.info.server_version
    if version < _OLDEST:
        await connection.close()
        raise DatabaseUnsupported(
            f"It is PostgreSQL {version // 10_000}.{version // 100 % 100}: versions before 10 have"
            " no role for monitoring."
        )
    return connection


async def _log_in(
    place: dict[str, str | int], login: DatabaseLogin, seconds: float, encryption: str
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
                sslrootcert="/nonexistent",
                sslmode=encryption,
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
    text = str(error)
    found = _SERVER_SAID.search(text)
    if found is None:
        plain = " ".join(text.split())
        if "no password supplied" in text:
            return DatabaseRefused(f"{login.user} was refused: the server wants a password.")
        if "timeout" in text:
            return DatabaseSilent("It did not answer in time.")
        return DatabaseUnreachable(f"No connection: {plain.rpartition(': ')[2]}")
    said = " ".join(found[1].split())
    if "unsupported startup parameter" in said:
        return DatabaseUnsupported(
            "A pooler such as PgBouncer answers at this port, not PostgreSQL itself.",
            fix="Let PostgreSQL keep a socket or port of its own, and read this machine's databases"
            " with the login of root or postgres, so that the two are told apart.",
        )
    if "does not exist" in said and said.startswith("database"):
        return DatabaseRefused(
            f"{said}.", fix="Name a database that this role may connect to, beside the login."
        )
    return _refusal(said, error, login)


def _refusal(said: str, error: psycopg.Error, login: DatabaseLogin) -> DatabaseError:
    """Judge by what no language changes: a refusal names the login, a lack of room does not."""
    if "too many" in said or not _names(said, login):
        return DatabaseBusy(f"It takes no connection now: {said}")
    is_asked = error.pgconn is not None and error.pgconn.used_password
    if "pg_hba.conf" in said and not is_asked:
        return DatabaseNotLetIn(
            f"{login.user} was not let in: {said}",
            fix=f"Add the line {_line(said, login)} to its pg_hba.conf, above lines that match"
            " more, and reload it: `SELECT pg_reload_conf()`.",
        )
    if not is_asked and re.search(r"\b(peer|ident)\b", said, re.IGNORECASE):
        return DatabaseNotLetIn(
            f"{login.user} was not let in: {said}",
            fix="Its unix socket lets accounts of the machine in under their own names only. Use"
            f" the account without password, or add the line {_line('', login)} to its"
            " pg_hba.conf, above the others, and reload it: `SELECT pg_reload_conf()`.",
        )
    return DatabaseRefused(f"{login.user} was refused: {said}")


def _names(said: str, login: DatabaseLogin) -> bool:
    names = {login.user, login.database or "postgres"}
    return any(re.search(rf"{_QUOTES}\s?{re.escape(one)}\s?{_QUOTES}", said) for one in names)


def _line(said: str, login: DatabaseLogin) -> str:
    """Return the line of pg_hba.conf that is missing, for the address that the server has told."""
    found = _ADDRESS.search(said)
    if found is None or found[1] == "[local]":
        return f"`local all {login.user} scram-sha-256`"
    bits = 128 if ":" in found[1] else 32
    return f"`host all {login.user} {found[1]}/{bits} scram-sha-256`"


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
