"""What lies inside of an archive: a gzipped tar, written and read in one go.

tables.json                   the shape of each table
tables/NAME/000001.jsonl …    its rows, in the order of their key
plugins/…                     the folder of plugins, as it is
configuration/…               the settings file, and the settings in force without secrets
keys/root.key                 the root key; missing in an archive without key material
manifest.json                 rows and SHA-256 of each table, SHA-256 of each file; the last
"""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from app.services.core.backup.envelope import (
    About,
    EnvelopeReader,
    EnvelopeWriter,
    Header,
    Strength,
)
from app.services.core.backup.errors import BackupDamaged, BackupExists
from app.services.core.backup.rows import Fingerprint, Shape, TableEntry

SHAPES, MANIFEST, ROOT_KEY = "tables.json", "manifest.json", "keys/root.key"
TABLES, PLUGINS, CONFIGURATION = "tables/", "plugins/", "configuration/"
_PART = 1024 * 1024
_LONGEST_PART = 256 * 1024 * 1024
_SHAPES = TypeAdapter(tuple[Shape, ...])


class Manifest(BaseModel):
    """What the archive must hold, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["full", "without-key"]
    tables: dict[str, TableEntry]
    files: dict[str, str]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(entry.rows for entry in self.tables.values())


@dataclass(frozen=True, slots=True)
class Member:
    """A piece of an archive as it comes by."""

    name: str
    content: bytes


@dataclass(slots=True)
class Written:
    """What came of the making."""

    header: Header
    manifest: Manifest
    sha256: str
    size: int


class ArchiveWriter:
    """Puts pieces into an archive and keeps count of them."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._tables: dict[str, TableEntry] = {}
        self._files: dict[str, str] = {}

    def add_shapes(self, shapes: Sequence[Shape]) -> None:
        """Describe the tables; comes before their rows."""
        self._put(SHAPES, _SHAPES.dump_json(tuple(shapes)))

    def add_table(self, name: str, lines: Iterable[bytes]) -> None:
        """Add the rows of a table, in parts, since a tar wants to know the size before."""
        found, part, number = Fingerprint(), io.BytesIO(), 0
        for line in lines:
            found.add(line)
            part.write(line)
            if part.tell() >= _PART:
                number += 1
                self._put(f"{TABLES}{name}/{number:06}.jsonl", part.getvalue())
                part = io.BytesIO()
        if part.tell():
            self._put(f"{TABLES}{name}/{number + 1:06}.jsonl", part.getvalue())
        self._tables[name] = found.entry

    def add_file(self, name: str, content: bytes) -> None:
        """Add a file."""
        self._put(name, content)
        self._files[name] = hashlib.sha256(content).hexdigest()

    def manifest(self) -> Manifest:
        """Write the end; nothing comes after it."""
        kind: Literal["full", "without-key"] = "full" if ROOT_KEY in self._files else "without-key"
        manifest = Manifest(kind=kind, tables=self._tables, files=self._files)
        self._put(MANIFEST, manifest.model_dump_json(indent=1).encode())
        return manifest

    def _put(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))


@dataclass(slots=True)
class _Making:
    """A new archive while it is written; `written` once it is complete."""

    writer: ArchiveWriter
    manifest: Manifest | None = None
    written: Written | None = field(default=None)


@contextmanager
def making(
    target: Path, about: About, passphrase: str, strength: Strength | None = None
) -> Iterator[_Making]:
    """Write an archive; it appears under its name only when it is complete and on the disk."""
    if target.exists():
        raise BackupExists(f"{target} exists already.", fix="Choose another name.")
    part = target.with_name(f".{target.name}.part")
    try:
        with open(part, "wb", opener=_private) as file:
            envelope = EnvelopeWriter(file, about, passphrase, strength)
            packed = gzip.GzipFile(fileobj=envelope, mode="wb", compresslevel=6, mtime=0)
            with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                work = _Making(ArchiveWriter(tar))
                yield work
                manifest = work.writer.manifest()
            packed.close()
            digest = envelope.finish()
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.rename(target)
        work.written = Written(envelope.header, manifest, digest, size)
    finally:
        part.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class ArchiveReader:
    """Goes through an archive once, and checks each byte on its way."""

    def __init__(self, envelope: EnvelopeReader, name: str) -> None:
        self._envelope = envelope
        self.header: Header = envelope.header
        self.name = name

    def members(self) -> Iterator[Member]:
        """Yield the pieces in their order, up to the end of the file."""
        try:
            # Buffered, because gzip asks for more than a piece gives.
            with (
                gzip.GzipFile(fileobj=self._envelope, mode="rb") as packed,
                tarfile.open(fileobj=packed, mode="r|") as tar,
            ):
                for entry in tar:
                    yield Member(_safe(entry, self.name), _content(tar, entry))
            while self._envelope.read(_PART):
                """Go to the end, where the last checks are."""
        except (OSError, EOFError, tarfile.TarError) as error:
            raise BackupDamaged(f"{self.name} cannot be read: {error}.") from error


@contextmanager
def reading(source: Path, passphrase: str) -> Iterator[ArchiveReader]:
    """Open an archive; raises what is wrong with it or with the passphrase."""
    try:
        file: BinaryIO = source.open("rb")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BackupDamaged(f"There is no file {source}.", fix="Check its name.") from error
    with file:
        yield ArchiveReader(EnvelopeReader(file, source.name, passphrase), source.name)


def read_shapes(member: Member, name: str) -> dict[str, Shape]:
    """Read the description of the tables."""
    try:
        return {shape.name: shape for shape in _SHAPES.validate_json(member.content)}
    except ValidationError as error:
        raise BackupDamaged(f"{name} does not say what its tables look like.") from error


def read_manifest(member: Member, name: str) -> Manifest:
    """Read the manifest."""
    try:
        return Manifest.model_validate_json(member.content)
    except ValidationError as error:
        raise BackupDamaged(f"{name} does not say what it holds.") from error


def table_of(member: Member) -> str | None:
    """Return whose rows a piece holds; None for other pieces."""
    parts = member.name.split("/")
    return parts[1] if member.name.startswith(TABLES) and len(parts) == 3 else None  # noqa: PLR2004 - tables/NAME/PART


def _safe(entry: tarfile.TarInfo, name: str) -> str:
    path = PurePosixPath(entry.name)
    is_odd = path.is_absolute() or ".." in path.parts or str(path) != entry.name
    if is_odd or not entry.isreg() or entry.size > _LONGEST_PART:
        raise BackupDamaged(f"{name} holds something that no backup of Unity holds.")
    return entry.name


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(entry)
    return b"" if file is None else file.read()
