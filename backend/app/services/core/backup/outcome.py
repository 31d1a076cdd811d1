"""The outcome of a backup or a drill: told in the audit log and to whoever listens."""

import uuid
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.services.core.audit import AuditLog
from app.services.core.events import BackupFailed, BackupMade
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor


@dataclass(frozen=True, slots=True)
class BackupOutcome:
    """How one backup at one destination, or one drill of it, has ended."""

    what: Literal["backup", "restore_drill"]
    id: uuid.UUID
    destination: str
    file_name: str
    error: str = ""  # empty: it went well

    @property
    def action(self) -> str:
        """Name it in the audit log."""
        if self.what == "backup":
            return "backup.failed" if self.error else "backup.made"
        return "restore_drill.red" if self.error else "restore_drill.green"


async def tell(
    session: AsyncSession, clock: Clock, audit_key: bytes, actor: Actor, outcome: BackupOutcome
) -> None:
    """Write it down; last in the transaction that stores the outcome itself."""
    name = f"at {outcome.destination}"
    outbox = Outbox(session, clock)
    if outcome.error:
        which = "restore drill " if outcome.what == "restore_drill" else ""
        outbox.announce(
            actor,
            BackupFailed(
                object_id=outcome.id, object_name=f"{which}{name}", error=outcome.error[:400]
            ),
        )
    elif outcome.what == "backup":
        outbox.announce(actor, BackupMade(object_id=outcome.id, object_name=name))
    await AuditLog(session, clock, audit_key).record(
        actor,
        outcome.action,
        kind=outcome.what,
        object_id=outcome.id,
        name=outcome.destination,
        details={"file": outcome.file_name, "error": outcome.error},
    )
