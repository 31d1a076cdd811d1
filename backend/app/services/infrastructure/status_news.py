"""Tells the activity of each server that a cycle found in another state."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.services.core.outbox import Outbox
from app.services.core.permissions import system
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.events import ServerStatusChanged
from app.services.infrastructure.result_rows import Rows


def announce_changes(
    session: AsyncSession, clock: Clock, stored: Sequence[tuple[CycleResult, Rows]]
) -> None:
    """Announce the changes, in the transaction that stores them."""
    outbox = Outbox(session, clock)
    for result, rows in stored:
        if rows.change is not None:
            changed = ServerStatusChanged(
                object_id=result.claim.server_id,
                object_name=result.claim.name,
                resource_id=result.claim.server_id,
                was=str(rows.change["was"]),
                status=rows.verdict.status.value,
                reason_kind=rows.verdict.kind,
                reason=rows.verdict.reason,
            )
            outbox.announce(system("collector"), changed)
