"""Puts an archive back: into an empty place, or, when told so, beside the data that was there.

Everything is checked and filled in apart from what is there, and only a complete result takes its
place: by renaming a file on SQLite, a schema on PostgreSQL. What was there is kept under another
name. A crash leaves either the old or the new.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL

from app.kernel import migrations
from app.kernel.clock import Clock
from app.kernel.crypto import ROOT_KEY_NAME, Vault, read_root_key
from app.services.core.backup import archive, content, fill
from app.services.core.backup.archive import Verified, readable
from app.services.core.backup.content import read_shapes, table_of
from app.services.core.backup.dump import Machine
from app.services.core.backup.errors import (
    BackupDamaged,
    BackupKeyMissing,
    BackupTooNew,
    DatabaseInUse,
    WrongRootKey,
)
from app.services.core.backup.rows import Shape, TableEntry, decode_lines

_SCHEMA = "unity_restoring"
_SIDECARS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    verified: Verified
    tables: dict[str, TableEntry]
    kept_aside: list[str] = field(default_factory=list)  # where the old data is now
    has_new_key: bool = False

    @property
    def rows(self) -> int:
        """How many rows there are now."""
        return sum(entry.rows for entry in self.tables.values())


def restore(
    machine: Machine, source: Path, passphrase: str, clock: Clock, *, replaces: bool = False
) -> Restored:
    """Restore after every check has passed. Blocks; the caller holds the data folder."""
    verified = archive.verify(source, passphrase)
    refuse_newer(verified, source.name)
    stamp = clock.now().strftime("%Y%m%dT%H%M%SZ")
    has_new_key = _check_key(machine, verified, source.name, replaces=replaces)
    used = _used(machine.url)
    if used and not replaces:
        raise DatabaseInUse(
            f"The database holds data already ({', '.join(used[:3])}); nothing was changed.",
            fix="Restore into an empty place, or add --replace: the old data is then kept aside.",
        )
    work = _Work(machine, source, passphrase, verified, stamp)
    with fill.leading(machine.url):
        with work.beside(is_used=bool(used)) as url:
            tables = fill_from(url, source, passphrase, verified)
            migrations.upgrade_now(url)
            work.put_key(is_new=has_new_key)
        work.put_files()
    return Restored(verified, tables, work.kept_aside, has_new_key)


def refuse_newer(verified: Verified, name: str) -> None:
    """Refuse what this version has no migrations for."""
    if verified.header.revision not in migrations.known_revisions():
        raise BackupTooNew(
            f"{name} was made by a newer Unity ({verified.header.version}, schema"
            f" {verified.header.revision}).",
            fix="Install that version, and restore there.",
        )


def fill_from(url: URL, source: Path, passphrase: str, verified: Verified) -> dict[str, TableEntry]:
    """Build the schema of the archive, fill it, and prove each table by its hash."""
    migrations.upgrade_now(url, verified.header.revision)
    shapes: dict[str, Shape] = {}
    with fill.opened(url) as connection:
        with fill.filling(connection), content.reading(source, passphrase) as reader:
            for member in reader.members():
                if member.name == content.SHAPES:
                    shapes = read_shapes(member, source.name)
                elif table := table_of(member):
                    with readable(source.name, table):
                        lines = member.content.splitlines(keepends=True)
                        fill.add(connection, shapes[table], decode_lines(lines, shapes[table]))
        tables = {name: fill.settle(connection, shape) for name, shape in shapes.items()}
        for name, entry in verified.manifest.tables.items():
            if tables.get(name) != entry:
                raise BackupDamaged(
                    f"The rows of {name} did not arrive as they were saved; nothing was kept."
                )
        connection.commit()
    return tables


def _check_key(machine: Machine, verified: Verified, name: str, *, replaces: bool) -> bool:
    """Tell whether the archive's key has to be put in place; refuse when none fits."""
    here = read_root_key(machine.keys)
    if verified.root_key is None:
        if here is None:
            raise BackupKeyMissing(
                f"{name} was made without its root key, and there is none in {machine.keys}.",
                fix="Put the root key of that time there first. Nothing was changed.",
            )
        if Vault(here).kek_id.hex() != verified.header.kek_id:
            raise WrongRootKey(
                f"{name} belongs to another root key than the one in {machine.keys}.",
                fix="Put the root key of that time there first. Nothing was changed.",
            )
        archive.check_canary(Vault(here), verified.canary, name)
        return False
    if here == verified.root_key:
        return False
    if here is not None and not replaces:
        raise WrongRootKey(
            f"There is another root key in {machine.keys} already; nothing was changed.",
            fix="Use an empty key folder, or add --replace: the old key is then kept aside.",
        )
    return True


def _used(url: URL) -> list[str]:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return []
    with migrations.opening(url), fill.opened(url) as connection:
        return fill.used_tables(connection)


@dataclass(slots=True)
class _Work:
    """One restore on its way."""

    machine: Machine
    source: Path
    passphrase: str = field(repr=False)
    verified: Verified
    stamp: str
    kept_aside: list[str] = field(default_factory=list)

    @contextmanager
    def beside(self, *, is_used: bool) -> Iterator[URL]:
        """Give a place apart, and put it in the place of the old when the block has succeeded."""
        url = self.machine.url
        if url.get_backend_name() == "sqlite":
            with self._file_beside(Path(url.database or "")) as path:
                yield url.set(database=str(path))
        elif is_used:
            with self._schema_beside(url):
                yield url.update_query_dict({"options": f"-csearch_path={_SCHEMA}"})
        else:
            yield url  # empty: one transaction fills it

    @contextmanager
    def _file_beside(self, old: Path) -> Iterator[Path]:
        new = old.with_name(f"{old.name}.restoring")
        _remove(new)
        try:
            yield new
            aside = old.with_name(f"{old.name}.before-{self.stamp}")
            if old.exists():
                for suffix in _SIDECARS:
                    _rename(Path(f"{old}{suffix}"), Path(f"{aside}{suffix}"))
                self.kept_aside.append(str(aside))
            new.replace(old)
            _sync(old.parent)
        finally:
            _remove(new)

    @contextmanager
    def _schema_beside(self, url: URL) -> Iterator[None]:
        aside = f"before_{self.stamp.lower()}"
        with fill.opened(url) as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {_SCHEMA}"))
            connection.commit()
            yield
            quote = connection.dialect.identifier_preparer.quote
            here = quote(str(connection.scalar(text("SELECT current_schema()"))))
            connection.execute(text(f"ALTER SCHEMA {here} RENAME TO {aside}"))
            connection.execute(text(f"ALTER SCHEMA {_SCHEMA} RENAME TO {here}"))
            connection.commit()
        self.kept_aside.append(f"schema {aside}")

    def put_key(self, *, is_new: bool) -> None:
        """Put the archive's root key in place, before the data that it opens."""
        if not is_new or self.verified.root_key is None:
            return
        path = self.machine.keys / ROOT_KEY_NAME
        self.machine.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            aside = path.with_name(f"{path.name}.before-{self.stamp}")
            path.rename(aside)
            self.kept_aside.append(str(aside))
        _write_private(path, self._member(content.ROOT_KEY))
        _sync(path.parent)

    def put_files(self) -> None:
        """Put the plugins in place, and the old configuration where a person can read it."""
        kinds = {
            content.PLUGINS: self.machine.plugins,
            content.CONFIGURATION: self.machine.data / "restored-configuration",
        }
        for prefix, folder in kinds.items():
            names = [name for name in self.verified.manifest.files if name.startswith(prefix)]
            if not names:
                continue
            new = folder.with_name(f"{folder.name}.restoring")
            shutil.rmtree(new, ignore_errors=True)
            with content.reading(self.source, self.passphrase) as reader:
                for member in reader.members():
                    if member.name in names:
                        path = new / member.name.removeprefix(prefix)
                        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                        _write_private(path, member.content)
            self._swap(new, folder)

    def _swap(self, new: Path, folder: Path) -> None:
        if folder.exists():
            aside = folder.with_name(f"{folder.name}.before-{self.stamp}")
            folder.rename(aside)
            self.kept_aside.append(str(aside))
        new.rename(folder)

    def _member(self, name: str) -> bytes:
        with content.reading(self.source, self.passphrase) as reader:
            found = next((one for one in reader.members() if one.name == name), None)
        if found is None:
            raise BackupDamaged(f"{self.source.name} has changed while it was restored.")
        return found.content


def _remove(path: Path) -> None:
    for suffix in _SIDECARS:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _rename(old: Path, new: Path) -> None:
    if old.exists():
        old.rename(new)


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a renaming outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
