"""The archive: a gzipped tar of `manifest.json` and one file of rows a table.

The manifest comes last in the making and is checked first in the reading: it holds the number of
rows and the SHA-256 of each file, so that a cut or changed archive is noticed before anything is
written.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from app.kernel.errors import UnityError

FORMAT = 1
MANIFEST = "manifest.json"


class BackupDamaged(UnityError):
    """The archive is cut, changed, or no backup of Unity at all."""

    status = 422
    title = "The backup cannot be used"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What the manifest says of one table."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive holds."""

    format: int
    version: str
    revision: str
    engine: str
    created_at: str
    kek_id: str  # which root key opens the secrets inside
    tables: dict[str, TableEntry]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(entry.rows for entry in self.tables.values())


def write(target: Path, folder: Path, manifest: Manifest) -> None:
    """Pack the folder of row files; the archive appears under its name only when complete."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    part = target.with_name(target.name + ".part")
    part.touch(mode=0o600)
    with tarfile.open(part, "w:gz", compresslevel=6) as tar:
        tar.add(folder / MANIFEST, MANIFEST)
        for name in manifest.tables:
            tar.add(folder / f"{name}.jsonl", f"{name}.jsonl")
    part.replace(target)


def read(source: Path) -> Manifest:
    """Read the manifest and check every file against it."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            manifest = _manifest(tar, source)
            for name, entry in manifest.tables.items():
                _check(tar, name, entry, source)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BackupDamaged(
            f"{source} cannot be read as a backup: {error}.", fix="Use another backup."
        ) from error
    return manifest


def lines(source: Path, table: str) -> Iterator[bytes]:
    """Yield the rows of one table."""
    with tarfile.open(source, "r:gz") as tar:
        file = tar.extractfile(f"{table}.jsonl")
        if file is not None:
            yield from file


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    try:
        file = tar.extractfile(MANIFEST)
        plain = json.loads(file.read() if file else b"{}")
        tables = {name: TableEntry(**entry) for name, entry in plain["tables"].items()}
        manifest = Manifest(**{**plain, "tables": tables})
    except (KeyError, TypeError, ValueError) as error:
        raise BackupDamaged(f"{source} is no backup of Unity.") from error
    if manifest.format != FORMAT:
        raise BackupDamaged(
            f"{source} has the form {manifest.format}, which this version cannot read.",
            fix="Restore it with the Unity that made it, then upgrade.",
        )
    return manifest


def _check(tar: tarfile.TarFile, name: str, entry: TableEntry, source: Path) -> None:
    try:
        file = tar.extractfile(f"{name}.jsonl")
    except KeyError:
        file = None
    digest, rows = hashlib.sha256(), 0
    for line in file or ():
        digest.update(line)
        rows += 1
    if file is None or digest.hexdigest() != entry.sha256 or rows != entry.rows:
        raise BackupDamaged(
            f"{source} is damaged: the rows of {name} are not those that were saved.",
            fix="Use another backup.",
        )
