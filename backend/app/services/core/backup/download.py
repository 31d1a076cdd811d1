"""Takes an archive from its destination to somebody's browser."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.services.core.audit import AuditLog
from app.services.core.backup import transfer
from app.services.core.backup.errors import BackupNotFound
from app.services.core.backup.listing import BackupList
from app.services.core.backup.parts import parts_of
from app.services.core.permissions import Actor
from app.services.core.platform import Platform


@dataclass(frozen=True, slots=True)
class Download:
    """An archive on its way."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


class ArchiveDownload:
    """Notes who takes it, then speaks with the destination outside of any transaction."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._parts = parts_of(platform)

    async def open(self, actor: Actor, backup_id: uuid.UUID) -> Download:
        """Begin; what is wrong is raised before the first byte."""
        parts = self._parts
        async with parts.database.transaction() as session:
            audit = AuditLog(session, parts.clock, parts.audit_key)
            backups = BackupList(session, parts.clock, audit, self._platform.job_types)
            row = await backups.get(backup_id)
            if row.destination_id is None:
                raise BackupNotFound("The destination of this backup was deleted.")
            destination = await parts.destinations(session).opened(row.destination_id)
            await backups.record_download(actor, row)
        pieces = await transfer.stream(parts.stores, destination.place, row.file_name)
        return Download(row.file_name, row.size_bytes or 0, pieces)
