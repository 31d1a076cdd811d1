"""Makes an archive of one consistent view of the database, while the server goes on running.

SQLite's readers keep the state of their first read as long as they want (the database is in WAL
mode), PostgreSQL's do so in a repeatable read. So one transaction sees all tables at one moment,
and the rows go out in a form that both engines read again.
"""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app import __version__
from app.kernel import migrations
from app.kernel.clock import Clock
from app.kernel.crypto import ROOT_KEY_NAME, Vault, read_root_key
from app.kernel.errors import Conflict, StartRefused
from app.models.registry import metadata
from app.services.core.backup import content
from app.services.core.backup.content import (
    CONFIGURATION,
    PLUGINS,
    ROOT_KEY,
    ArchiveWriter,
    Written,
)
from app.services.core.backup.envelope import About, Strength
from app.services.core.backup.errors import SchemaBehind
from app.services.core.backup.rows import Shape, read_lines, shape_of

Tell = Callable[[int, int, str], None]  # done, total, what is being saved


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a Unity keeps what a backup holds."""

    url: URL = field(repr=False)
    data: Path
    keys: Path
    settings: str = "{}"  # in force, as JSON, secrets masked
    settings_file: Path | None = None

    @property
    def plugins(self) -> Path:
        """The folder of plugins."""
        return self.data / "plugins"


@dataclass(frozen=True, slots=True)
class Wish:
    """How an archive is to be made."""

    passphrase: str = field(repr=False)
    with_key: bool = True
    strength: Strength = field(default_factory=Strength)


def shapes() -> tuple[Shape, ...]:
    """Describe all tables of this version."""
    return tuple(shape_of(table) for table in metadata().metadata.sorted_tables)


def create(
    machine: Machine, target: Path, wish: Wish, clock: Clock, tell: Tell | None = None
) -> Written:
    """Save everything. Blocks: call it in a thread."""
    vault = _vault(machine)
    about = About(
        version=__version__,
        revision=_revision(machine.url),
        engine=machine.url.get_backend_name(),
        created_at=clock.now().isoformat(timespec="seconds"),
        has_key=wish.with_key,
        kek_id=vault.kek_id.hex(),
    )
    with (
        content.making(target, about, wish.passphrase, wish.strength) as work,
        frozen(machine.url) as connection,
    ):
        _add_tables(work.writer, connection, tell or _silent)
        _add_plugins(work.writer, machine.plugins)
        if wish.with_key:
            _add_secrets(work.writer, machine)
    if work.written is None:
        raise AssertionError("A complete archive says what it holds.")
    return work.written


@contextmanager
def frozen(url: URL) -> Iterator[Connection]:
    """Open a connection that sees the database as it is now, whatever others write meanwhile."""
    engine = create_engine(sync_url(url), poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
                connection.execute(text("SELECT count(*) FROM alembic_version"))
            else:
                connection.execute(
                    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                )
            yield connection
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0].rstrip(".")
        raise Conflict(f"The database could not be read: {reason}.") from error
    finally:
        engine.dispose()


def sync_url(url: URL) -> URL:
    """Return the address for an engine that blocks."""
    sqlite = url.get_backend_name() == "sqlite"
    return url.set(drivername="sqlite" if sqlite else "postgresql+psycopg")


def _vault(machine: Machine) -> Vault:
    key = read_root_key(machine.keys)
    if key is None:
        raise StartRefused(f"There is no root key in {machine.keys}; set UNITY_KEYS to its folder.")
    return Vault(key)


def _revision(url: URL) -> str:
    revision = migrations.current_revision(url)
    if revision is None:
        raise Conflict("The database is empty; there is nothing to back up.")
    if revision != migrations.head_revision():
        raise SchemaBehind(
            f"The database has the schema {revision} of another version of Unity.",
            fix="Start this version once, or run `unity migrate`; then make the backup.",
        )
    return revision


def _add_tables(writer: ArchiveWriter, connection: Connection, tell: Tell) -> None:
    known = shapes()
    writer.add_shapes(known)
    for number, shape in enumerate(known):
        tell(number, len(known), shape.name)
        writer.add_table(shape.name, read_lines(connection, shape))


def _add_plugins(writer: ArchiveWriter, folder: Path) -> None:
    """Add the regular files; a link may lead anywhere, and compiled code makes itself again."""
    for path in sorted(folder.rglob("*")):
        if "__pycache__" in path.parts or not stat.S_ISREG(path.lstat().st_mode):
            continue
        writer.add_file(f"{PLUGINS}{path.relative_to(folder).as_posix()}", path.read_bytes())


def _add_secrets(writer: ArchiveWriter, machine: Machine) -> None:
    """Add what only the passphrase protects: the settings file may hold passwords, too."""
    settings = json.dumps(json.loads(machine.settings), indent=1)
    writer.add_file(f"{CONFIGURATION}settings.json", settings.encode())
    if machine.settings_file is not None and machine.settings_file.is_file():
        writer.add_file(f"{CONFIGURATION}unity.toml", machine.settings_file.read_bytes())
    writer.add_file(ROOT_KEY, (machine.keys / ROOT_KEY_NAME).read_bytes())


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
