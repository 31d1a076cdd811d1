"""What can be wrong with a backup, each with its own words: people act on these at bad times."""

from app.kernel.errors import Conflict, NotFound, Unavailable, UnityError, UpstreamFailed


class BackupDamaged(UnityError):
    """The archive is changed, or no backup of Unity at all."""

    status = 422
    title = "The backup cannot be used"


class BackupTruncated(BackupDamaged):
    """The archive is cut short."""

    title = "The backup is cut short"


class BackupTooNew(BackupDamaged):
    """The archive was made by a newer Unity than this one."""

    title = "The backup is newer than this Unity"


class WrongPassphrase(UnityError):
    """The passphrase does not open the archive."""

    status = 422
    title = "The passphrase is wrong"


class BackupKeyMissing(Conflict):
    """Neither the archive nor the machine has the root key that opens the secrets inside."""


class BackupExists(Conflict):
    """The file is there already; a backup is never overwritten."""


class WrongRootKey(Conflict):
    """The root key at hand does not open the secrets of the backup."""


class DatabaseInUse(Conflict):
    """There is data where the backup would go."""


class SchemaBehind(Conflict):
    """The database has not been brought to this version yet."""


class PassphraseNotSet(Conflict):
    """Scheduled backups have no passphrase."""


class DestinationNotFound(NotFound):
    """No destination of this id."""


class DestinationNameTaken(Conflict):
    """Another destination has this name."""


class DestinationNotComplete(UnityError):
    """A destination lacks something that its kind needs."""

    status = 422
    title = "The destination is not complete"


class BackupNotFound(NotFound):
    """No backup of this id, or its archive is gone from the destination."""


class DestinationFailed(UpstreamFailed):
    """The destination could not be reached, or did not take or give an archive."""


class MoveRefused(Conflict):
    """The database cannot be moved like this; nothing was changed."""


class NoRoomForBackup(Unavailable):
    """The disk of the data folder has no room to make or try a backup."""
