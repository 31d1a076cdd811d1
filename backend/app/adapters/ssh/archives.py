"""Archives on a machine that is reached over SFTP, by a connection of its own."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import asyncssh

from app.adapters.ssh.errors import place as name_of
from app.adapters.ssh.login import log_in
from app.adapters.ssh.settings import SshLimits
from app.ports.archive_store import (
    ArchiveGone,
    ArchiveStore,
    HostKeyNotApproved,
    SftpPlace,
    StoredArchive,
    StoreError,
)
from app.ports.shell import HostKeyChanged, HostKeyUnknown, ShellError

_PIECE = 1024 * 1024
_HALF = ".part"
_TROUBLE = (asyncssh.Error, OSError)
_GONE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


@asynccontextmanager
async def open_sftp(
    place: SftpPlace, limits: SshLimits | None = None
) -> AsyncIterator[ArchiveStore]:
    """Log in with the host key pinned; the folder must be there."""
    try:
        connection = await log_in(place.target, None, limits or SshLimits())
    except (HostKeyUnknown, HostKeyChanged) as error:
        raise HostKeyNotApproved(error.detail, offered=error.offered, fix=error.fix) from error
    except ShellError as error:
        raise StoreError(error.detail, fix=error.fix) from error
    async with connection:
        try:
            sftp = await connection.start_sftp_client()
        except _TROUBLE as error:
            raise StoreError(f"{name_of(place.target)} did not open SFTP: {error}.") from error
        async with sftp:
            store = SftpStore(sftp, place.folder, name_of(place.target))
            await store.check()
            yield store


class SftpStore:
    """Implements `ArchiveStore`."""

    def __init__(self, sftp: asyncssh.SFTPClient, folder: str, where: str) -> None:
        self._sftp = sftp
        self._folder = folder
        self._where = where

    async def check(self) -> None:
        """Refuse a folder that is not there: a disk that is not mounted must not be filled in."""
        try:
            if await self._sftp.isdir(self._folder):
                return
        except _TROUBLE as error:
            raise self._failed("examined", self._folder, error) from error
        raise StoreError(
            f"There is no folder {self._folder} on {self._where}.",
            fix="Make it there, or correct the path.",
        )

    async def put(self, name: str, source: Path) -> None:
        path, half = self._path(name), self._path(f".{name}{_HALF}")
        try:
            await self._sftp.put(str(source), half)
            await self._sftp.chmod(half, 0o600)
            await self._put_in_place(half, path)
        except _TROUBLE as error:
            with contextlib.suppress(*_TROUBLE):
                await self._sftp.remove(half)
            raise self._failed("written", path, error) from error

    async def _put_in_place(self, half: str, path: str) -> None:
        try:
            await self._sftp.posix_rename(half, path)
        except asyncssh.SFTPOpUnsupported:
            # Plain SFTP does not rename over a file; the names of archives are new anyway.
            await self._sftp.rename(half, path)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        path = self._path(name)
        try:
            async with self._sftp.open(path, "rb", encoding=None) as file:
                while piece := cast(bytes, await file.read(_PIECE)):
                    yield piece
        except _GONE as error:
            raise ArchiveGone(f"There is no {path} on {self._where}.") from error
        except _TROUBLE as error:
            raise self._failed("read", path, error) from error

    async def archives(self) -> list[StoredArchive]:
        found = []
        try:
            async for entry in self._sftp.scandir(self._folder):
                name = str(entry.filename)
                is_file = entry.attrs.type in (asyncssh.FILEXFER_TYPE_REGULAR, None)
                if is_file and name not in {".", ".."} and not name.endswith(_HALF):
                    when = datetime.fromtimestamp(entry.attrs.mtime or 0, UTC)
                    found.append(StoredArchive(name, entry.attrs.size or 0, when))
        except _TROUBLE as error:
            raise self._failed("listed", self._folder, error) from error
        return found

    async def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            await self._sftp.remove(path)
        except _GONE:
            return
        except _TROUBLE as error:
            raise self._failed("deleted", path, error) from error

    def _path(self, name: str) -> str:
        return f"{self._folder.rstrip('/')}/{name}"

    def _failed(self, what: str, path: str, error: Exception) -> StoreError:
        return StoreError(
            f"{path} on {self._where} could not be {what}: {error}.",
            fix="Check the room there, and the rights of the account.",
        )
