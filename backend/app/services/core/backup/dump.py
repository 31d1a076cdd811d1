"""Writes all rows of one consistent view of the database into an archive."""

import hashlib
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Table, create_engine, select, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from app import __version__
from app.kernel import migrations
from app.kernel.clock import Clock
from app.kernel.errors import Conflict
from app.models.registry import metadata
from app.services.core.backup import archive, rows
from app.services.core.backup.archive import Manifest, TableEntry

_BATCH = 2000


class BackupExists(Conflict):
    """The file is there already; a backup is never overwritten."""


def create(url: URL, target: Path, kek_id: str, clock: Clock) -> Manifest:
    """Save the database; the server may go on running. Blocks: call it in a thread."""
    if target.exists():
        raise BackupExists(f"{target} exists already.", fix="Choose another name.")
    revision = migrations.current_revision(url)
    if revision is None:
        raise Conflict("The database is empty; there is nothing to back up.")
    engine = create_engine(_driver(url), poolclass=NullPool)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            with engine.connect() as connection:
                _freeze(connection)
                tables = {
                    table.name: _write(connection, table, Path(folder))
                    for table in metadata().metadata.sorted_tables
                }
            manifest = Manifest(
                format=archive.FORMAT,
                version=__version__,
                revision=revision,
                engine=url.get_backend_name(),
                created_at=clock.now().isoformat(),
                kek_id=kek_id,
                tables=tables,
            )
            archive.write(target, Path(folder), manifest)
    finally:
        engine.dispose()
    return manifest


def _driver(url: URL) -> URL:
    sqlite = url.get_backend_name() == "sqlite"
    return url.set(drivername="sqlite" if sqlite else "postgresql+psycopg")


def _freeze(connection: Connection) -> None:
    """One view for all tables: WAL readers have it by themselves from their first read on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
        connection.execute(text("SELECT count(*) FROM alembic_version"))
        return
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def _write(connection: Connection, table: Table, folder: Path) -> TableEntry:
    digest, count = hashlib.sha256(), 0
    query = select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=_BATCH).execute(query).mappings()
    with (folder / f"{table.name}.jsonl").open("wb") as file:
        for row in result:
            line = rows.to_line(row)
            digest.update(line)
            file.write(line)
            count += 1
    return TableEntry(rows=count, sha256=digest.hexdigest())
