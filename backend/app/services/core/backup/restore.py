"""Fills an empty database from an archive: all of it, or nothing."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from app.kernel import migrations
from app.kernel.crypto import Vault
from app.kernel.errors import Conflict
from app.models.core.user import User
from app.models.registry import metadata
from app.services.core.backup import archive, rows
from app.services.core.backup.archive import BackupDamaged, Manifest

_BATCH = 500


class DatabaseInUse(Conflict):
    """There is data where the backup would go."""


class WrongRootKey(Conflict):
    """The root key at hand does not open the secrets of the backup."""


def restore(url: URL, source: Path, vault: Vault) -> Manifest:
    """Restore in one transaction after every check has passed. Blocks: call it in a thread."""
    manifest = archive.read(source)
    if manifest.kek_id != vault.kek_id.hex():
        raise WrongRootKey(
            "The backup was made with another root key than the one in the key folder.",
            fix="Put the root key of that time there first. Nothing was changed.",
        )
    if manifest.revision != migrations.head_revision():
        _refuse_unknown(manifest, source)
    migrations.upgrade_now(url, manifest.revision)
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(
        url.set(drivername="sqlite" if sqlite else "postgresql+psycopg"), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            _refuse_used(connection)
            _fill(connection, source, manifest)
            _check(connection, manifest)
            connection.commit()
    finally:
        engine.dispose()
    migrations.upgrade_now(url)
    return manifest


def _refuse_unknown(manifest: Manifest, source: Path) -> None:
    known = migrations.known_revisions()
    if manifest.revision not in known:
        raise BackupDamaged(
            f"{source} was made by a newer Unity ({manifest.version}).",
            fix="Install that version, restore there.",
        )


def _refuse_used(connection: Connection) -> None:
    if connection.scalar(select(func.count()).select_from(User)):
        raise DatabaseInUse(
            "The database has users already; a backup is restored into an empty one only.",
            fix="Move the old data away first (SQLite: unity.db; PostgreSQL: a new database).",
        )


def _fill(connection: Connection, source: Path, manifest: Manifest) -> None:
    tables = [table for table in metadata().metadata.sorted_tables if table.name in manifest.tables]
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        # A row may point at one of its own table that comes later: those columns are set last.
        own = [key.parent for key in table.foreign_keys if key.column.table is table]
        for batch in _batches(source, table):
            blank = dict.fromkeys((column.name for column in own), None)
            connection.execute(insert(table), [{**row, **blank} for row in batch])
        for batch in _batches(source, table) if own else ():
            _point(connection, table, own, batch)
        _move_sequence(connection, table)


def _batches(source: Path, table: Table) -> Iterator[list[dict[str, object]]]:
    rows_of_table = _rows(archive.lines(source, table.name), table)
    while batch := list(islice(rows_of_table, _BATCH)):
        yield batch


def _point(
    connection: Connection, table: Table, own: list[Column[object]], batch: list[dict[str, object]]
) -> None:
    pointing = [row for row in batch if any(row[column.name] is not None for column in own)]
    if not pointing:
        return
    (key,) = table.primary_key.columns
    statement = (
        update(table)
        .where(key == bindparam("_key"))
        .values({column.name: bindparam(f"_{column.name}") for column in own})
    )
    connection.execute(
        statement,
        [
            {"_key": row[key.name]} | {f"_{column.name}": row[column.name] for column in own}
            for row in pointing
        ],
    )


def _rows(lines: Iterator[bytes], table: Table) -> Iterator[dict[str, object]]:
    for line in lines:
        try:
            yield rows.from_line(line, table)
        except (KeyError, TypeError, ValueError) as error:
            raise BackupDamaged(f"A row of {table.name} cannot be read: {error}.") from error


def _move_sequence(connection: Connection, table: Table) -> None:
    """Let PostgreSQL's counter go on after the restored integer keys."""
    key = table.autoincrement_column
    if connection.dialect.name != "postgresql" or key is None:
        return
    highest = connection.scalar(select(func.max(key))) or 0
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    connection.execute(select(func.setval(sequence, highest + 1, False)))  # noqa: FBT003 - SQL's own


def _check(connection: Connection, manifest: Manifest) -> None:
    for table in metadata().metadata.sorted_tables:
        entry = manifest.tables.get(table.name)
        if entry and connection.scalar(select(func.count()).select_from(table)) != entry.rows:
            raise BackupDamaged(f"Not all rows of {table.name} arrived; nothing was kept.")
