"""The folders that Unity writes to: made at start, or a clear refusal."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import TextIO

from app.kernel.errors import StartRefused

LEAST_FREE_BYTES = 20 * 1024 * 1024  # room for the schema, the log of SQLite and one cycle


def prepare(folder: Path) -> None:
    """Make the data folder, and refuse one that cannot be used or has no room."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(
            f"The data folder {folder} cannot be made: {error.strerror}; set UNITY_DATA to another."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StartRefused(
            f"The data folder {folder} cannot be read and written by this user;"
            f" run `chown -R {os.getuid()} {folder}`, or set UNITY_DATA to another."
        )
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise StartRefused(
            f"The disk of the data folder {folder} is full ({free // 1024} KiB free);"
            " make room, then start again."
        )


def hold(folder: Path) -> TextIO:
    """Take the data folder for this process until the returned file is closed, or refuse."""
    file = (folder / "unity.lock").open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StartRefused(
            f"Another Unity is running on the data folder {folder}; stop that one first."
        ) from error
    return file
