"""Opens a place by its kind."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from app.ports.archive_store import ArchiveStore, FolderPlace, Place, S3Place, SftpPlace

Opening = AbstractAsyncContextManager[ArchiveStore]


class Stores:
    """Implements `ArchiveStores` with what bootstrap has chosen for each kind."""

    def __init__(
        self,
        folder: Callable[[FolderPlace], Opening],
        sftp: Callable[[SftpPlace], Opening],
        s3: Callable[[S3Place], Opening],
    ) -> None:
        self._folder, self._sftp, self._s3 = folder, sftp, s3

    def open(self, place: Place) -> Opening:
        """Connect to a place."""
        match place:
            case FolderPlace():
                return self._folder(place)
            case SftpPlace():
                return self._sftp(place)
            case S3Place():
                return self._s3(place)
