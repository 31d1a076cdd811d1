"""One database, two engines: SQLite (embedded) and PostgreSQL.

SQLite as measured: WAL, and `BEGIN IMMEDIATE` for every writing session. Without it, two
sessions that read before they write lose updates silently. One writing connection a process makes
the writers queue here instead of polling for the lock.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from app.kernel import narrowing, reach, sqlite
from app.kernel.errors import DiskFull

_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)

# The names by which rooms that know no SQL take a session, and a broken rule of a table.
Session = AsyncSession
Clash = IntegrityError

SQLITE_BUSY_MS = 5000
_PG_DISK_FULL = "53100"
# A key that is there already, and one that is there no more.
_PG_KEYS = frozenset({"23505", "23503"})
_SQLITE_KEYS = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
    }
)
ANNOUNCED = "announced"  # the mark of a session in which something was written for others to hear


def is_overtaken(error: Clash) -> bool:
    """Tell whether a name was taken, or something deleted, between a look and the writing.

    Between the two another request may have written; PostgreSQL and SQLite say so by the broken
    key. Other broken rules, such as a column that must not be empty, are our own mistakes.
    """
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) in _SQLITE_KEYS
    return getattr(cause, "sqlstate", None) in _PG_KEYS


def in_transaction() -> bool:
    """Tell whether the caller holds a transaction; the network must not be awaited then."""
    return _in_transaction.get()


class Database:
    """The engines and the two kinds of sessions."""

    def __init__(self, url: str | URL, *, pool_size: int = 10) -> None:
        self.url = _async_url(make_url(url))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = _sqlite_engine(self.url, is_writer=True)
            self.read_engine = _sqlite_engine(self.url, is_writer=False)
        else:
            self.engine = create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=5,
                pool_pre_ping=True,
                hide_parameters=True,
            )
            self.read_engine = self.engine
        # Set after each commit of a session that carries the mark; who waits for it clears it.
        self.announced = asyncio.Event()
        self._writers = _sessions(self.engine)
        self._readers = _sessions(self.read_engine)
        self._narrow: dict[AsyncEngine, AsyncEngine] = {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a writing session: committed at the end of the block, rolled back on an error.

        Like every session, it sees and changes no more than the request reaches. Raises `DiskFull`
        when there is no room for what is to be written.
        """
        if _in_transaction.get():
            raise RuntimeError("A transaction was opened inside another one of the same task.")
        mark = _in_transaction.set(True)
        try:
            async with self._writing() as session:
                yield session
            if ANNOUNCED in session.info:
                self.announced.set()
        except DBAPIError as error:
            if not _is_disk_full(error):
                raise
            raise DiskFull(
                "The disk of the database is full, so nothing of this was saved.",
                fix="Make room on the disk where Unity, or its PostgreSQL, keeps its data.",
            ) from error
        finally:
            _in_transaction.reset(mark)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Open a reading session: one consistent view, never committed."""
        mark = _in_transaction.set(True)
        try:
            if reach.current.get() is None:
                async with self._readers() as session:
                    yield session
            else:
                async with self._narrowed(self.read_engine) as session:
                    yield session
        finally:
            _in_transaction.reset(mark)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        if reach.current.get() is None:
            async with self._writers() as session, session.begin():
                yield session
            return
        try:
            async with self._narrowed(self.engine) as session, session.begin():
                touched = narrowing.Touched(session)
                yield session
                await touched.check()
        except IntegrityError as error:
            raise narrowing.ClashesUnseen(
                "A name is taken, or something is in use, outside of your groups.",
                fix="Choose another name, or ask somebody whose role counts everywhere.",
            ) from error

    @asynccontextmanager
    async def _narrowed(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        twin = self._narrow.get(engine)
        if twin is None:
            async with engine.connect():
                twin = AsyncEngine(narrowing.narrowed(engine.sync_engine))
            self._narrow[engine] = twin
        async with AsyncSession(twin, expire_on_commit=False) as session:
            yield session

    async def answers(self) -> bool:
        """Tell whether the engine answers a trivial question within two seconds."""
        try:
            async with asyncio.timeout(2), self.read_engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    @property
    def conninfo(self) -> str:
        """The address as libpq reads it, password included: for what speaks psycopg itself."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def dispose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        if self.read_engine is not self.engine:
            await self.read_engine.dispose()


def _is_disk_full(error: DBAPIError) -> bool:
    """Tell SQLITE_FULL, or PostgreSQL's disk_full (SQLSTATE 53100), from other failures."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error.orig, "sqlstate", None) == _PG_DISK_FULL


def _async_url(url: URL) -> URL:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite+aiosqlite")
    return url.set(drivername="postgresql+psycopg")


def _sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


def _sqlite_engine(url: URL, *, is_writer: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=1 if is_writer else 8,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"async_creator_fn": sqlite.connect},
        hide_parameters=True,  # an error's text must not carry what was to be stored
    )

    def on_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={SQLITE_BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
