"""Keeps alerts quiet, and tells of those that still fire when what kept them quiet has ended."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.models.core.alert import ACTIVE, Alert, AlertState
from app.ports.live_bus import LiveBus
from app.services.core.alerts.events import AlertUnmuted
from app.services.core.alerts.muting import muted_by
from app.services.core.alerts.quiet_reader import OpenAlert, QuietReader
from app.services.core.alerts.quieting import Firing, Quiet
from app.services.core.outbox import Outbox
from app.services.core.permissions import system

TOPIC = "alert"
_SELF = system("alert engine")
_NOTHING = Quiet("")


class AlertQuieting:
    """The engine's question, answered from the tables."""

    async def quiet(
        self, session: AsyncSession, firing: Sequence[Firing], now: datetime
    ) -> Mapping[uuid.UUID, Quiet]:
        """Return those of the firing alerts that nobody is told of, and why."""
        alerts = [
            OpenAlert(
                alert_id=one.alert_id,
                rule_id=one.rule_id,
                kind=one.kind,
                domain=one.domain,
                severity=one.severity,
                subject=one.subject,
                resource_id=one.resource_id,
                labels=one.labels,
                fired_at=now,
            )
            for one in firing
        ]
        return await _judge(session, alerts, now)


@dataclass(frozen=True, slots=True)
class Requieted:
    """What a look at all active alerts changed."""

    muted: Sequence[uuid.UUID] = ()
    unmuted: Sequence[uuid.UUID] = ()

    @property
    def changed(self) -> Sequence[uuid.UUID]:
        """All alerts that are quiet for another reason than before, or not at all any more."""
        return [*self.muted, *self.unmuted]


class QuietKeeper:
    """Looks at all active alerts anew: on a clock, and after whatever may keep them quiet."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def refresh(self) -> Requieted:
        """Bring `muted_by` and `cause_id` up to date, and announce what is to be told now."""
        now = self._clock.now()
        rows = (
            await self._session.scalars(
                select(Alert).where(Alert.state.in_(ACTIVE)).order_by(Alert.id).with_for_update()
            )
        ).all()
        if not rows:
            return Requieted()
        found = await _judge(self._session, [open_alert(row) for row in rows], now)
        muted: list[uuid.UUID] = []
        unmuted: list[Alert] = []
        written: list[dict[str, object]] = []
        for row in rows:
            quiet = found.get(row.id, _NOTHING)
            if (row.muted_by, row.cause_id) == (quiet.muted_by, quiet.cause_id):
                continue
            if row.muted_by and not quiet.muted_by:
                unmuted.append(row)
            else:
                muted.append(row.id)
            written.append({"id": row.id, "muted_by": quiet.muted_by, "cause_id": quiet.cause_id})
        if written:
            await self._session.execute(update(Alert), written)
        outbox = Outbox(self._session, self._clock)
        for row in unmuted:
            # What somebody has taken on already needs no further message.
            if row.state == AlertState.FIRING:
                outbox.announce(_SELF, _unmuted(row, now))
        return Requieted(muted, [row.id for row in unmuted])


async def sweep(database: Database, clock: Clock, live: LiveBus) -> int:
    """Do it in a transaction of its own, and tell the open pages; return how many changed."""
    async with database.transaction() as session:
        changed = (await QuietKeeper(session, clock).refresh()).changed
    if changed:
        ids: list[JsonValue] = [str(one) for one in changed]
        await live.publish(TOPIC, {"ids": ids, "event": "quiet"})
    return len(changed)


async def _judge(
    session: AsyncSession, alerts: Sequence[OpenAlert], now: datetime
) -> dict[uuid.UUID, Quiet]:
    subjects, book = await QuietReader(session).read(alerts, now)
    found = {one.facts.alert_id: muted_by(one, book, now) for one in subjects}
    return {each: quiet for each, quiet in found.items() if quiet is not None}


def open_alert(row: Alert) -> OpenAlert:
    """Return what decides about quiet of an alert's row."""
    return OpenAlert(
        alert_id=row.id,
        rule_id=row.rule_id,
        kind=row.kind,
        domain=row.domain,
        severity=row.severity,
        subject=row.subject,
        resource_id=row.resource_id,
        labels=row.labels,
        fired_at=row.fired_at or row.began_at,
        snoozed_until=row.snoozed_until,
    )


def _unmuted(row: Alert, now: datetime) -> AlertUnmuted:
    return AlertUnmuted(
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
        is_flapping=row.is_flapping,
    )
