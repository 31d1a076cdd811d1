"""SQLite for SQLAlchemy with one hop to the connection's thread for each statement.

aiosqlite makes four: open the cursor, execute, fetch, close. Each of them wakes two threads, which
cost a request on a busy machine more than its statements did.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import aiosqlite

_Value = str | bytes | int | float | None
_Row = tuple[_Value, ...]
_Description = tuple[tuple[str, None, None, None, None, None, None], ...]


class _Cursor:
    """Holds a statement's whole result. It streams nothing, and nothing in Unity asks it to."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: list[_Row] = []
        self.description: _Description | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[_Value] = ()) -> None:
        """Run one statement and fetch what it gives."""
        await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, rows: Iterable[Sequence[_Value]]) -> None:
        """Run one statement for many rows."""
        await self._run(lambda cursor: cursor.executemany(operation, rows))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        def in_thread() -> None:
            cursor = self._connection.cursor_in_thread()
            try:
                statement(cursor)
                self.description = cursor.description
                self._rows = cursor.fetchall() if cursor.description else []
                self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        await self._connection.hop(in_thread)

    async def fetchall(self) -> list[_Row]:
        """Return the rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> list[_Row]:
        """Return the next rows."""
        size = size or self.arraysize
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> _Row | None:
        """Return the next row; None after the last one."""
        return self._rows.pop(0) if self._rows else None

    async def close(self) -> None:
        """Let the rows go; SQLite's own cursor was closed in the thread."""
        self._rows = []


class Connection(aiosqlite.Connection):
    """What SQLAlchemy's dialect takes for an aiosqlite connection."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # A process that ends by an error must not wait for connections nobody closed.
        self._thread.daemon = True

    def cursor(self) -> _Cursor:  # type: ignore[override]  # the dialect wants no more than this
        """Return a cursor; it costs nothing until it executes."""
        return _Cursor(self)

    def cursor_in_thread(self) -> sqlite3.Cursor:
        """Return a cursor of SQLite; only the connection's thread may call this."""
        return self._conn.cursor()

    async def hop(self, work: Callable[[], None]) -> None:
        """Do the work in the connection's thread."""
        await self._execute(work)  # type: ignore[no-untyped-call]  # aiosqlite leaves it bare

    async def rollback(self) -> None:
        """Roll back, if there is anything to."""
        if self.in_transaction:
            await super().rollback()


async def connect(database: str | Path, **options: bool | float) -> Connection:
    """Open a connection with the arguments of `sqlite3.connect`."""
    return await Connection(partial(sqlite3.connect, database, **options))  # type: ignore[return-value]  # awaiting gives itself
