"""What we ask of a place that keeps archives: a folder, a server over SFTP, an S3 bucket.

Names are plain file names. An archive is there whole or not at all: who lists or reads never meets
half of one.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.ports.shell import HostKey, Target


class StoreError(Exception):
    """The place failed us. The text is for people and holds no secret."""

    def __init__(self, detail: str, *, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


class HostKeyNotApproved(StoreError):
    """An SFTP server shows a host key that nobody has approved, or another one than before."""

    def __init__(self, detail: str, *, offered: HostKey, fix: str = "") -> None:
        super().__init__(detail, fix=fix)
        self.offered = offered


class ArchiveGone(StoreError):
    """There is no archive of this name."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder of this machine, such as a mounted disk."""

    folder: Path


@dataclass(frozen=True, slots=True)
class SftpPlace:
    """A folder of a machine that is reached over SFTP."""

    target: Target
    folder: str


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket of anything that speaks S3. An empty endpoint is Amazon's own."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    uses_path_style: bool = True


Place = FolderPlace | SftpPlace | S3Place


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """What a listing says of an archive."""

    name: str
    size: int
    modified_at: datetime


class ArchiveStore(Protocol):
    """One place, opened."""

    async def put(self, name: str, source: Path) -> None:
        """Copy a file there; one of this name is replaced, and only by the whole new one."""
        ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the content in pieces; `ArchiveGone` when there is none."""
        ...

    async def archives(self) -> list[StoredArchive]:
        """Return what is there, in no order."""
        ...

    async def delete(self, name: str) -> None:
        """Remove an archive; it is no error when it is gone already."""
        ...


class ArchiveStores(Protocol):
    """Opens places."""

    def open(self, place: Place) -> AbstractAsyncContextManager[ArchiveStore]:
        """Connect; raises `StoreError` when that cannot be."""
        ...
