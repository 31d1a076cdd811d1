"""The `Files` port on this machine's file system."""

import asyncio
import contextlib
import os
import secrets
import stat
from pathlib import Path

from app.ports.shell import FileStat, TransferFailed


class LocalFiles:
    """Files of this machine, with the rights of the user that runs Unity."""

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        return await asyncio.to_thread(_read, path, limit)

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        await asyncio.to_thread(_write_atomic, path, content, mode, uid, gid)

    async def stat(self, path: str) -> FileStat | None:
        return await asyncio.to_thread(_stat, path)

    async def make_dir(self, path: str, *, mode: int) -> None:
        await asyncio.to_thread(_make_dir, path, mode)


def _failed(verb: str, path: str, error: OSError) -> TransferFailed:
    return TransferFailed(f"{path} could not be {verb}: {error.strerror or error}.")


def _read(path: str, limit: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _failed("read", path, error) from error
    if len(content) > limit:
        raise TransferFailed(f"{path} is larger than the {limit} bytes that may be read.")
    return content


def _write_atomic(path: str, content: bytes, mode: int, uid: int | None, gid: int | None) -> None:
    target = Path(path)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if uid is not None or gid is not None:
                os.fchown(handle, -1 if uid is None else uid, -1 if gid is None else gid)
            os.fchmod(handle, mode)
            file.flush()
            os.fsync(handle)
        beside.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise _failed("written", path, error) from error


def _sync_folder(folder: Path) -> None:
    """Flush the folder: a rename is durable only when that is on the disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stat(path: str) -> FileStat | None:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _failed("examined", path, error) from error
    return FileStat(
        size=found.st_size,
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
        mtime=found.st_mtime,
        is_symlink=stat.S_ISLNK(found.st_mode),
        is_dir=stat.S_ISDIR(found.st_mode),
    )


def _make_dir(path: str, mode: int) -> None:
    folder = Path(path)
    try:
        folder.mkdir(mode=mode)
        folder.chmod(mode)  # the umask may have taken rights away
    except FileExistsError:
        if not folder.is_dir():
            raise TransferFailed(f"{path} exists and is not a folder.") from None
    except OSError as error:
        raise _failed("created", path, error) from error
