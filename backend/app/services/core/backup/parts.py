"""What the makers and drillers of backups stand on, taken from the platform once."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from app.kernel import config, folders
from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.kernel.errors import StartRefused
from app.kernel.zones import time_zone
from app.ports.archive_store import ArchiveStores
from app.services.core.audit import AuditLog
from app.services.core.backup.destinations import Destinations
from app.services.core.backup.dump import Machine
from app.services.core.backup.envelope import Strength
from app.services.core.backup.errors import NoRoomForBackup
from app.services.core.platform import Platform

_WORK = "backup-work"
_OLD_SECONDS = 86_400  # longer than any job may take


@dataclass(frozen=True, slots=True)
class BackupParts:
    """The parts."""

    database: Database
    vault: Vault
    clock: Clock
    stores: ArchiveStores
    machine: Machine
    zone: ZoneInfo
    audit_key: bytes = field(repr=False)
    strength: Strength = field(default_factory=Strength)

    @property
    def kek_id(self) -> str:
        """The id of the root key, by which a Unity knows its own archives."""
        return self.vault.kek_id.hex()

    def destinations(self, session: Session) -> Destinations:
        """Return the service of the destinations in a transaction."""
        audit = AuditLog(session, self.clock, self.audit_key)
        return Destinations(session, self.clock, self.vault, audit)

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Give a folder of one's own on the disk of the data, and leave nothing there."""
        place = self.machine.data / _WORK
        try:
            folders.prepare(place)
        except StartRefused as error:
            raise NoRoomForBackup(str(error)) from error
        _sweep(place)
        with TemporaryDirectory(dir=place) as folder:
            yield Path(folder)


def _sweep(place: Path) -> None:
    """Remove what a killed process left there."""
    for folder in place.iterdir():
        if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def parts_of(platform: Platform) -> BackupParts:
    """Take what is needed."""
    settings = platform.settings
    machine = Machine(
        url=platform.database.url,
        data=settings.data.resolve(),
        keys=settings.keys_folder.resolve(),
        settings=settings.model_dump_json(),
        settings_file=config.settings_file(),
    )
    return BackupParts(
        database=platform.database,
        vault=platform.vault,
        clock=platform.clock,
        stores=platform.archives,
        machine=machine,
        zone=time_zone(settings.jobs.zone),
        audit_key=platform.audit_key,
    )
