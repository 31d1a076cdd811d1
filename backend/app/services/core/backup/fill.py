"""Fills the tables of a migrated, empty database with rows from somewhere else.

The foreign keys are put aside meanwhile and checked at the end, so that the order of the tables
does not matter, nor rows that point at each other. All of it is part of one transaction of the
caller's: after a crash there is nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Connection, create_engine, func, insert, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from app.services.core.backup.dump import sync_url
from app.services.core.backup.errors import BackupDamaged, DatabaseInUse
from app.services.core.backup.rows import Kind, Shape, TableEntry, fingerprint
from app.services.core.leadership import LOCK

_BATCH = 1000
_OURS = frozenset({"alembic_version"})
_QUEUE = "procrastinate_"  # the rows of the queue are made anew from those of the runs


@contextmanager
def opened(url: URL) -> Iterator[Connection]:
    """Open a connection of its own."""
    engine = create_engine(sync_url(url), poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def leading(url: URL) -> Iterator[None]:
    """Refuse a PostgreSQL database on which a Unity runs, and keep others from starting jobs."""
    if url.get_backend_name() == "sqlite":
        yield
        return
    with opened(url) as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
            raise DatabaseInUse(
                "A Unity is running on that database.", fix="Stop it first, on every machine."
            )
        yield


def tables_of(connection: Connection) -> list[str]:
    """Return the names of the tables that hold data of Unity, or of anybody else."""
    names = inspect(connection).get_table_names()
    return sorted(n for n in names if n not in _OURS and not n.startswith(_QUEUE))


def used_tables(connection: Connection) -> list[str]:
    """Return the tables that have rows."""
    quote = connection.dialect.identifier_preparer.quote
    return [
        name
        for name in tables_of(connection)
        if connection.scalar(text(f"SELECT 1 FROM {quote(name)} LIMIT 1"))  # noqa: S608 - a quoted name
    ]


@contextmanager
def filling(connection: Connection) -> Iterator[None]:
    """Empty the tables, let the caller fill them in any order, then check what points where."""
    quote = connection.dialect.identifier_preparer.quote
    is_sqlite = connection.dialect.name == "sqlite"
    keys = [] if is_sqlite else _drop_foreign_keys(connection)
    for name in tables_of(connection):
        connection.execute(text(f"DELETE FROM {quote(name)}"))  # noqa: S608 - a quoted name
    yield
    if is_sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise BackupDamaged(f"{len(broken)} rows of {broken[0][0]} point nowhere.")
    for statement in keys:
        connection.execute(text(statement))


def _drop_foreign_keys(connection: Connection) -> list[str]:
    """Drop them, and return the statements that make them again, which also checks all rows."""
    rows = connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'f'"
            " AND connamespace = current_schema()::regnamespace"
        )
    ).all()
    ours = [row for row in rows if not str(row[0]).startswith(_QUEUE)]
    for table, name, _ in ours:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}" for table, name, what in ours]


def add(connection: Connection, shape: Shape, rows: Iterable[Mapping[str, object]]) -> int:
    """Insert rows; return how many."""
    iterator, count = iter(rows), 0
    statement = insert(shape.table)
    while batch := list(islice(iterator, _BATCH)):
        connection.execute(statement, batch)
        count += len(batch)
    return count


def settle(connection: Connection, shape: Shape) -> TableEntry:
    """After the last row of a table: let its counter go on, and tell what stands there now."""
    kinds = {column.name: column.kind for column in shape.columns}
    if connection.dialect.name == "postgresql":
        for name in shape.key:
            if kinds[name] is Kind.INT:
                _move_counter(connection, shape, name)
    return fingerprint(connection, shape)


def _move_counter(connection: Connection, shape: Shape, column: str) -> None:
    counter = connection.scalar(select(func.pg_get_serial_sequence(shape.name, column)))
    if counter is not None:
        highest = connection.scalar(select(func.max(shape.table.c[column]))) or 0
        connection.execute(select(func.setval(counter, int(highest) + 1, False)))  # noqa: FBT003 - SQL's own
