"""Bring a database to this version's schema, safely: one process, with time-outs, in order.

On PostgreSQL an advisory lock keeps two starting processes apart. On SQLite foreign keys are
switched off before the migration's transaction and checked after it: batch mode rebuilds tables,
and with foreign keys on, replacing a parent silently empties its children.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from app.kernel.errors import StartRefused

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Alembic is imported where it is needed: a start that has nothing to migrate, which is nearly every
# one, waits neither for it nor for the scripts.
FOLDER = Path(__file__).parents[2] / "migrations"
ADVISORY_LOCK = 0x756E697479  # "unity"
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "10s", "10min"


class DatabaseTooNew(StartRefused):
    """The database was written by a newer Unity."""


async def upgrade(url: URL, revision: str = "head") -> None:
    """Run the missing migrations in a thread; raise `StartRefused` when that cannot be."""
    if revision != "head" or await asyncio.to_thread(current_revision, url) != newest_by_name():
        await asyncio.to_thread(upgrade_now, url, revision)


def upgrade_now(url: URL, revision: str = "head") -> None:
    """Run the missing migrations."""
    from alembic import command  # noqa: PLC0415 - see above

    _with_connection(url, lambda config: command.upgrade(config, revision))


def downgrade_now(url: URL, revision: str) -> None:
    """Go back to a revision; for tests and for a person who knows why."""
    from alembic import command  # noqa: PLC0415 - see above

    _with_connection(url, lambda config: command.downgrade(config, revision))


def current_revision(url: URL) -> str | None:
    """Return the revision of the database; None when it is empty."""
    with opening(url), _engine(url).connect() as connection:
        return _recorded(connection)


def _recorded(connection: Connection) -> str | None:
    """Read Alembic's own table: one row, or none in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def newest_by_name() -> str:
    """Return this version's revision as the names of the scripts tell it: date, number, words."""
    newest = max((path.stem for path in (FOLDER / "versions").glob("*.py")), default="")
    return newest[len("2026-11-23-") :]


def head_revision() -> str:
    """Return the revision of this version."""
    head = _scripts().get_current_head()
    if head is None:
        raise StartRefused(f"No migrations were found in {FOLDER}; the installation is incomplete.")
    return head


def known_revisions() -> frozenset[str]:
    """Return the revisions that this version has migrations for."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    return ScriptDirectory.from_config(_config())


@contextmanager
def opening(url: URL) -> Iterator[None]:
    """Turn a database that does not answer, or is none, into a refusal."""
    try:
        yield
    except DatabaseError as error:
        # SQLite says of a file that is no database just this; all else is a mistake of ours.
        is_no_database = "not a database" in str(error.orig)
        if not is_no_database and not isinstance(error, OperationalError):
            raise
        reason = str(error.orig).strip().splitlines()[0].rstrip(".")
        where = url.render_as_string(hide_password=True)
        raise StartRefused(f"The database {where} cannot be opened: {reason}.") from error


def _with_connection(url: URL, run: Callable[["Config"], None]) -> None:
    with opening(url), _engine(url).connect() as connection:
        _refuse_newer(connection)
        is_sqlite = connection.dialect.name == "sqlite"
        _prepare(connection, is_sqlite=is_sqlite)
        config = _config()
        config.attributes["connection"] = connection
        run(config)
        if is_sqlite:
            _check_foreign_keys(connection)


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _engine(url: URL) -> Engine:
    backend = url.get_backend_name()
    driver = "sqlite" if backend == "sqlite" else "postgresql+psycopg"
    return create_engine(url.set(drivername=driver), poolclass=NullPool)


def _prepare(connection: Connection, *, is_sqlite: bool) -> None:
    if is_sqlite:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(text("PRAGMA busy_timeout=30000"))
        connection.commit()
        return
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    # A session lock: it ends with the connection, whatever happens to this process.
    connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
    connection.commit()


def _refuse_newer(connection: Connection) -> None:
    current = _recorded(connection)
    connection.rollback()
    if current is not None and current not in known_revisions():
        raise DatabaseTooNew(
            f"The database was written by a newer Unity (its schema is {current});"
            " install that version again, or restore the backup from before the upgrade."
        )


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    connection.commit()
    if broken:
        raise StartRefused(
            f"After the migration {len(broken)} rows of {broken[0][0]} point nowhere;"
            " restore the backup from before the upgrade and report it."
        )
