"""What people do with alerts: take them on, give them back, and put them off for a while."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import InvalidInput, JsonValue
from app.models.core.alert import OPEN, Alert, AlertState
from app.services.core.alerts.events import (
    AlertAcknowledged,
    AlertChanged,
    AlertReopened,
    AlertSnoozed,
)
from app.services.core.alerts.inbox import AlertNotFound
from app.services.core.alerts.quiet import QuietKeeper
from app.services.core.audit import AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor

_LONGEST_SNOOZE = timedelta(days=92)
_ONE = 1


class SnoozeNotValid(InvalidInput):
    """An alert cannot be put off until then."""


class AlertHandling:
    """Changes alerts, many at once: all that are named, or none."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def acknowledge(self, actor: Actor, ids: Sequence[uuid.UUID], note: str) -> int:
        """Note that somebody has taken them on: repeats and escalation stop."""
        now = self._clock.now()
        changed = []
        for row in await self._named(ids):
            is_new = row.state == AlertState.FIRING
            if not is_new and not (row.state == AlertState.ACKNOWLEDGED and note):
                continue
            row.state, row.acknowledged_at = AlertState.ACKNOWLEDGED, now
            row.acknowledged_by, row.acknowledged_note = actor.name, note
            changed.append(row)
        self._announce(
            actor, [_told(AlertAcknowledged, row, now, by=actor.name) for row in changed]
        )
        return await self._done(actor, "alert.acknowledged", changed, {"note": note}, note)

    async def reopen(self, actor: Actor, ids: Sequence[uuid.UUID]) -> int:
        """Give them back: nobody has taken them on."""
        now = self._clock.now()
        changed = []
        for row in await self._named(ids):
            if row.state != AlertState.ACKNOWLEDGED:
                continue
            row.state, row.acknowledged_at = AlertState.FIRING, None
            row.acknowledged_by, row.acknowledged_note = "", ""
            changed.append(row)
        self._announce(actor, [_told(AlertReopened, row, now, by=actor.name) for row in changed])
        return await self._done(actor, "alert.reopened", changed, {}, "")

    async def snooze(self, actor: Actor, ids: Sequence[uuid.UUID], until: datetime | None) -> int:
        """Keep them quiet until a time; None: not any longer."""
        now = self._clock.now()
        if until is not None and not now < until <= now + _LONGEST_SNOOZE:
            errors: list[JsonValue] = [
                {"detail": "Take a time within three months from now.", "pointer": "/body/until"}
            ]
            raise SnoozeNotValid(
                "An alert is snoozed for three months at most, from now on.",
                fix="Set a silence for longer times.",
                errors=errors,
            )
        changed = []
        for row in await self._named(ids):
            if row.state not in OPEN or row.snoozed_until == until:
                continue
            row.snoozed_until = until
            changed.append(row)
        self._announce(
            actor,
            [_told(AlertSnoozed, row, now, by=actor.name, until=until) for row in changed],
        )
        await self._session.flush()
        await QuietKeeper(self._session, self._clock).refresh()
        details: dict[str, JsonValue] = {"until": None if until is None else until.isoformat()}
        return await self._done(actor, "alert.snoozed", changed, details, "")

    async def _named(self, ids: Sequence[uuid.UUID]) -> Sequence[Alert]:
        wanted = set(ids)
        rows = (
            await self._session.scalars(
                select(Alert).where(Alert.id.in_(wanted)).order_by(Alert.id).with_for_update()
            )
        ).all()
        missing: list[JsonValue] = [*sorted(str(one) for one in wanted - {row.id for row in rows})]
        if missing:
            raise AlertNotFound(
                f"{len(missing)} of the {len(wanted)} alerts do not exist; nothing was changed.",
                fix="Reload the list and select them again.",
                missing=missing[:20],
            )
        return rows

    def _announce(self, actor: Actor, told: Sequence[AlertChanged]) -> None:
        outbox = Outbox(self._session, self._clock)
        for one in told:
            outbox.announce(actor, one)

    async def _done(
        self,
        actor: Actor,
        action: str,
        changed: Sequence[Alert],
        details: dict[str, JsonValue],
        reason: str,
    ) -> int:
        """Flush, and leave one audit entry for all."""
        await self._session.flush()
        if not changed:
            return 0
        first = changed[0]
        is_one = len(changed) == _ONE
        ids: list[JsonValue] = [str(row.id) for row in changed]
        await self._audit.record(
            actor,
            action,
            kind="alert",
            object_id=first.id if is_one else None,
            name=first.title if is_one else f"{len(changed)} alerts",
            details={**details, "ids": ids},
            resource_id=first.resource_id if is_one else None,
            reason=reason,
        )
        return len(changed)


def _told(
    kind: type[AlertAcknowledged] | type[AlertReopened] | type[AlertSnoozed],
    row: Alert,
    now: datetime,
    **more: str | datetime | None,
) -> AlertChanged:
    return kind(
        object_kind="alert",
        object_id=row.id,
        object_name=row.title,
        resource_id=row.resource_id,
        alert_type=row.kind,
        domain=row.domain,
        severity=row.severity,
        title=row.title,
        message=row.message,
        fix=row.fix,
        runbook=row.runbook,
        subject=row.subject,
        began_at=row.began_at,
        at=now,
        muted_by=row.muted_by,
        cause_id=row.cause_id,
        is_flapping=row.is_flapping,
        **more,  # type: ignore[arg-type]  # each kind's own last field
    )
