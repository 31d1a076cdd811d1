"""The `Files` port over SFTP."""

import contextlib
import secrets
import stat
from typing import cast

import asyncssh

from app.ports.shell import FileStat, TransferFailed

_TROUBLE = (asyncssh.SFTPError, asyncssh.Error, OSError)


class SftpFiles:
    """Files of the machine, with the rights of the login."""

    def __init__(self, sftp: asyncssh.SFTPClient) -> None:
        self._sftp = sftp

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        try:
            async with self._sftp.open(path, "rb", encoding=None) as file:
                content = cast(bytes, await file.read(limit + 1))
        except _TROUBLE as error:
            raise _failed("read", path, error) from error
        if len(content) > limit:
            raise TransferFailed(f"{path} is larger than the {limit} bytes that may be read.")
        return content

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        beside = beside_of(path)
        try:
            await self._write(beside, content)
            await self._own(beside, uid, gid)
            await self._sftp.chmod(beside, mode)  # after chown, which clears set-id bits
            await self._rename(beside, path)
        except _TROUBLE as error:
            with contextlib.suppress(*_TROUBLE):
                await self._sftp.remove(beside)
            raise _failed("written", path, error) from error

    async def stat(self, path: str) -> FileStat | None:
        try:
            found = await self._sftp.lstat(path)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        except _TROUBLE as error:
            raise _failed("examined", path, error) from error
        bits = found.permissions or 0
        return FileStat(
            size=found.size or 0,
            mode=stat.S_IMODE(bits),
            uid=found.uid or 0,
            gid=found.gid or 0,
            mtime=float(found.mtime or 0),
            is_symlink=stat.S_ISLNK(bits),
            is_dir=stat.S_ISDIR(bits),
        )

    async def make_dir(self, path: str, *, mode: int) -> None:
        try:
            await self._sftp.mkdir(path)
            await self._sftp.chmod(path, mode)  # the umask may have taken rights away
        except _TROUBLE as error:
            # SFTP version 3 has no code for "exists already", so the path itself is asked.
            found = await self.stat(path)
            if found is None or not (found.is_dir or await self._leads_to_folder(path)):
                raise _failed("created", path, error) from error

    async def _leads_to_folder(self, path: str) -> bool:
        with contextlib.suppress(*_TROUBLE):
            return stat.S_ISDIR((await self._sftp.stat(path)).permissions or 0)
        return False

    async def _write(self, path: str, content: bytes) -> None:
        narrow = asyncssh.SFTPAttrs(permissions=0o600)  # until the mode is set, only for us
        async with self._sftp.open(path, "xb", narrow) as file:
            await file.write(content)
            with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                await file.fsync()

    async def _own(self, path: str, uid: int | None, gid: int | None) -> None:
        if uid is None and gid is None:
            return
        now = await self._sftp.stat(path)
        await self._sftp.chown(
            path,
            uid if uid is not None else now.uid or 0,
            gid if gid is not None else now.gid or 0,
        )

    async def _rename(self, beside: str, path: str) -> None:
        """Rename over the old file: only OpenSSH's extension does it in one step."""
        try:
            await self._sftp.posix_rename(beside, path)
        except asyncssh.SFTPOpUnsupported as error:
            raise TransferFailed(
                f"The SFTP server cannot replace {path} in one step, so it was left as it is."
            ) from error


def beside_of(path: str) -> str:
    """Return a new name in the same folder, so that the rename stays in one file system."""
    folder, _, name = path.rpartition("/")
    beside = f".{name}.{secrets.token_hex(6)}.tmp"
    return f"{folder}/{beside}" if "/" in path else beside


def _failed(verb: str, path: str, error: Exception) -> TransferFailed:
    return TransferFailed(f"{path} could not be {verb}: {str(error).rstrip('.') or 'no reason'}.")
