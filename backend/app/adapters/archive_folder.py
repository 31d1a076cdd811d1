"""Archives in a folder of this machine."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.ports.archive_store import (
    ArchiveGone,
    ArchiveStore,
    FolderPlace,
    StoredArchive,
    StoreError,
)

_PIECE = 1024 * 1024
_HALF = ".part"


@asynccontextmanager
async def open_folder(place: FolderPlace) -> AsyncIterator[ArchiveStore]:
    """Open a folder, which must be there: a disk that is not mounted must not be filled in."""
    if not await asyncio.to_thread(place.folder.is_dir):
        raise StoreError(
            f"There is no folder {place.folder}.", fix="Make it, or mount the disk that holds it."
        )
    yield FolderStore(place.folder)


class FolderStore:
    """Implements `ArchiveStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, source: Path) -> None:
        path = self._folder / name
        half = path.with_name(f".{name}{_HALF}")
        try:
            await asyncio.to_thread(_copy, source, half, path)
        except OSError as error:
            raise _failed("written", path, error) from error

    async def read(self, name: str) -> AsyncIterator[bytes]:
        path = self._folder / name
        try:
            file = await asyncio.to_thread(path.open, "rb")
            try:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece
            finally:
                file.close()
        except FileNotFoundError as error:
            raise ArchiveGone(f"There is no {path}.") from error
        except OSError as error:
            raise _failed("read", path, error) from error

    async def archives(self) -> list[StoredArchive]:
        try:
            return await asyncio.to_thread(self._list)
        except OSError as error:
            raise _failed("listed", self._folder, error) from error

    def _list(self) -> list[StoredArchive]:
        found = []
        for path in self._folder.iterdir():
            if path.is_file() and not path.name.endswith(_HALF):
                stat = path.stat()
                when = datetime.fromtimestamp(stat.st_mtime, UTC)
                found.append(StoredArchive(path.name, stat.st_size, when))
        return found

    async def delete(self, name: str) -> None:
        path = self._folder / name
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise _failed("deleted", path, error) from error


def _copy(source: Path, half: Path, path: Path) -> None:
    try:
        with source.open("rb") as old, open(half, "wb", opener=_private) as new:
            shutil.copyfileobj(old, new, _PIECE)
            new.flush()
            os.fsync(new.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _failed(what: str, path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path} could not be {what}: {error.strerror}.",
        fix="Check the room and the rights there.",
    )
