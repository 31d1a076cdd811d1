"""What goes on and says something else than before: a warning that has become critical."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import ACTIVE, Alert, AlertState, Severity
from app.services.core.alerts.looks import Look
from app.services.core.metrics.statements import table_of

_ALERT = table_of(Alert)
_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
# Who had taken on the warning has not taken on what became of it.
GIVEN_BACK: Mapping[str, object] = {
    "new_state": AlertState.FIRING,
    "new_acknowledged_at": None,
    "new_acknowledged_by": "",
    "new_acknowledged_note": "",
}


@dataclass(frozen=True, slots=True)
class Before:
    """What an alert said before this look."""

    severity: Severity
    message: str
    state: AlertState


async def read_before(
    session: AsyncSession, alert_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Before]:
    """Return what some alerts say; one statement, or none for none."""
    if not alert_ids:
        return {}
    rows = await session.execute(
        select(_ALERT.c.id, _ALERT.c.severity, _ALERT.c.message, _ALERT.c.state).where(
            _ALERT.c.id.in_(alert_ids)
        )
    )
    return {
        row.id: Before(Severity(row.severity), row.message, AlertState(row.state)) for row in rows
    }


def is_worse(look: Look, before: Before | None) -> bool:
    """Tell whether people know of something that was not as bad when they were told."""
    if before is None or before.state not in ACTIVE:
        return False
    return _RANK[look.severity] > _RANK[before.severity]
