"""Incidents: the alerts that people see, written as the machine moves, and told to the others."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, AlertState
from app.models.core.resource import Resource
from app.ports.live_bus import LiveBus
from app.schemas.core.alert_rule import StateChange
from app.services.core.alerts.events import (
    AlertChanged,
    AlertFired,
    AlertResolved,
    AlertWorsened,
)
from app.services.core.alerts.instances import Kept
from app.services.core.alerts.looks import Look, over_of, title_of
from app.services.core.alerts.machine import Transition, Verdict
from app.services.core.alerts.quieting import Firing, Quiet, Quieting
from app.services.core.alerts.worsening import GIVEN_BACK, Before, is_worse, read_before
from app.services.core.metrics.statements import table_of
from app.services.core.outbox import Outbox
from app.services.core.permissions import system

_ALERT = table_of(Alert)
_ENGINE = system("alert engine")
_TEXT_LIMIT, _TITLE_LIMIT = 1000, 300
_TOPIC = "alert"
Values = dict[str, object]
Told = TypeVar("Told", bound=AlertChanged)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one look did to one instance."""

    look: Look
    kept: Kept
    transitions: tuple[Transition, ...]
    since: datetime  # when what goes on, or has just ended, began
    over: str = ""  # in the place of the rule's own words for the end


@dataclass(frozen=True, slots=True)
class AlertChange:
    """An alert that fired or ended, for those who are told after the commit."""

    alert_id: uuid.UUID
    resource_id: uuid.UUID
    transition: Transition


@dataclass(slots=True)
class _Work:
    new: list[Values] = field(default_factory=list)
    fired: list[Values] = field(default_factory=list)
    refreshed: list[Values] = field(default_factory=list)
    resolved: list[Values] = field(default_factory=list)
    settled: list[uuid.UUID] = field(default_factory=list)
    dropped: list[uuid.UUID] = field(default_factory=list)
    told: list[tuple[Transition, uuid.UUID, Moved]] = field(default_factory=list)
    worsened: list[tuple[uuid.UUID, Moved]] = field(default_factory=list)

    def drop(self, alert_id: uuid.UUID) -> None:
        """Forget a pending alert, which may have begun in these very looks."""
        before = len(self.new)
        self.new = [row for row in self.new if row["id"] != alert_id]
        if len(self.new) == before:
            self.dropped.append(alert_id)
        self.refreshed = [row for row in self.refreshed if row["key"] != alert_id]

    @property
    def firing(self) -> list[tuple[uuid.UUID, Moved]]:
        """What fires, in the order of the looks."""
        return [(each, one) for what, each, one in self.told if what is Transition.FIRED]


class Incidents:
    """Writes the alerts of one transaction; the number of statements is constant."""

    def __init__(self, session: AsyncSession, clock: Clock, quieting: Quieting) -> None:
        self._session = session
        self._clock = clock
        self._quieting = quieting

    async def write(self, moved: Sequence[Moved]) -> list[AlertChange]:
        """Store what became of the alerts, and announce it."""
        names = await self._names(one.look.resource_id for one in moved if one.transitions)
        before = await read_before(self._session, _reported(moved))
        work = _Work()
        for one in moved:
            _sort(one, names.get(one.look.resource_id, ""), work, before)
        await self._store(work)
        if work.told or work.worsened:
            await self._tell(work, names)
        told = [*work.told, *((Transition.FIRED, *one) for one in work.worsened)]
        return [AlertChange(alert_id, one.look.resource_id, what) for what, alert_id, one in told]

    async def _names(self, resource_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
        wanted = set(resource_ids)
        if not wanted:
            return {}
        rows = await self._session.execute(
            select(Resource.id, Resource.name).where(Resource.id.in_(wanted))
        )
        return {row.id: row.name for row in rows}

    async def _store(self, work: _Work) -> None:
        connection = await self._session.connection()
        known = [row["key"] for rows in (work.fired, work.refreshed, work.resolved) for row in rows]
        if known:
            # In the same order as all others who lock alerts, so that nobody waits in a circle.
            await connection.execute(
                select(_ALERT.c.id)
                .where(_ALERT.c.id.in_(known))
                .order_by(_ALERT.c.id)
                .with_for_update()
            )
        if work.dropped:
            await connection.execute(delete(_ALERT).where(_ALERT.c.id.in_(work.dropped)))
        if work.new:
            await connection.execute(insert(_ALERT), work.new)
        for rows in (work.fired, work.refreshed, work.resolved):
            if rows:
                await connection.execute(_update(rows[0]), rows)
        if work.worsened:
            rows = [{"key": alert_id, **GIVEN_BACK} for alert_id, _ in work.worsened]
            await connection.execute(_update(rows[0]), rows)
        if work.settled:
            await connection.execute(
                update(_ALERT).where(_ALERT.c.id.in_(work.settled)).values(is_flapping=False)
            )

    async def _tell(self, work: _Work, names: Mapping[uuid.UUID, str]) -> None:
        now = self._clock.now()
        quiet: Mapping[uuid.UUID, Quiet] = {}
        if work.firing:
            firing = [_firing(alert_id, one) for alert_id, one in work.firing]
            quiet = await self._quieting.quiet(self._session, firing, now)
            rows: list[Values] = [
                {"key": each, "new_muted_by": one.muted_by[:300], "new_cause_id": one.cause_id}
                for each, one in quiet.items()
            ]
            if rows:
                await self._session.execute(_update(rows[0]), rows)
        told = [(_ANNOUNCED[what], alert_id, one) for what, alert_id, one in work.told]
        told += [(AlertWorsened, alert_id, one) for alert_id, one in work.worsened]
        alerts = await self._read([alert_id for _, alert_id, _ in told])
        outbox = Outbox(self._session, self._clock)
        for kind, alert_id, one in told:
            outbox.announce(_ENGINE, _announcement(kind, alerts[alert_id], one, names, now))

    async def _read(self, alert_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, object]]:
        rows = await self._session.execute(select(_ALERT).where(_ALERT.c.id.in_(alert_ids)))
        return {row["id"]: dict(row) for row in rows.mappings()}


def _sort(one: Moved, name: str, work: _Work, known: Mapping[uuid.UUID, Before]) -> None:
    """Say which rows one look writes; gives the instance the id of its new alert."""
    done, kept = one.transitions, one.kept
    if Transition.DROPPED in done and kept.alert_id is not None:
        work.drop(kept.alert_id)
        kept.alert_id = None
    fires = Transition.FIRED in done
    if Transition.BEGAN in done or (fires and kept.alert_id is None):
        kept.alert_id = uuid7()
        work.new.append(_new(kept.alert_id, one, name, fires=fires))
    elif fires and kept.alert_id is not None:
        work.fired.append(
            {
                "key": kept.alert_id,
                "new_state": AlertState.FIRING,
                "new_fired_at": one.look.at,
                "new_is_flapping": kept.memory.is_flapping,
            }
        )
        if one.look.message:
            work.refreshed.append(_said(kept.alert_id, one.look))
    elif kept.alert_id is not None:
        _go_on(kept.alert_id, one, work, known.get(kept.alert_id))
    if kept.alert_id is None:
        return
    if fires:
        work.told.append((Transition.FIRED, kept.alert_id, one))
    if Transition.SETTLED in done:
        work.settled.append(kept.alert_id)
    if Transition.RESOLVED in done:
        work.told.append((Transition.RESOLVED, kept.alert_id, one))
        state = {"new_state": AlertState.RESOLVED, "new_resolved_at": one.look.at}
        work.resolved.append({"key": kept.alert_id, **state})
        kept.alert_id = None


def _go_on(alert_id: uuid.UUID, one: Moved, work: _Work, before: Before | None) -> None:
    if _says_something_new(one, before):
        work.refreshed.append(_said(alert_id, one.look))
    if is_worse(one.look, before):
        work.worsened.append((alert_id, one))


def _reported(moved: Sequence[Moved]) -> set[uuid.UUID]:
    """Return what goes on of what domains report: only such a severity changes meanwhile.

    A look by the clock says nothing anew, and has the severity of its rule.
    """
    return {
        one.kept.alert_id
        for one in moved
        if isinstance(one.look.rule.definition, StateChange)
        and one.look.verdict is Verdict.BREACH
        and one.look.message
        and one.kept.alert_id is not None
        and not one.transitions
    }


def _says_something_new(one: Moved, before: Before | None) -> bool:
    look = one.look
    is_same = look.value is None or look.value == one.kept.last_value
    if before is not None:
        said = (before.severity, before.message)
        is_same = is_same and said == (look.severity, look.message[:_TEXT_LIMIT])
    return look.verdict is Verdict.BREACH and bool(look.message) and not is_same


def _said(alert_id: uuid.UUID, look: Look) -> Values:
    return {
        "key": alert_id,
        "new_message": look.message[:_TEXT_LIMIT],
        "new_fix": look.fix[:_TEXT_LIMIT],
        "new_value": look.value,
        "new_reasons": list(look.reasons),
        "new_severity": look.severity,
    }


def _new(alert_id: uuid.UUID, one: Moved, name: str, *, fires: bool) -> Values:
    look, rule = one.look, one.look.rule
    return {
        "id": alert_id,
        "rule_id": rule.id,
        "kind": rule.kind,
        "domain": rule.domain,
        "resource_id": look.resource_id,
        "subject": look.subject,
        "fingerprint": look.fingerprint,
        "severity": look.severity,
        "labels": dict(look.labels),
        "title": title_of(rule, name, look.subject),
        "message": look.message[:_TEXT_LIMIT],
        "fix": look.fix[:_TEXT_LIMIT],
        "value": look.value,
        "unit": look.unit,
        "reasons": list(look.reasons),
        "runbook": rule.runbook,
        "state": AlertState.FIRING if fires else AlertState.PENDING,
        "began_at": one.since,
        "fired_at": look.at if fires else None,
        "acknowledged_by": "",
        "acknowledged_note": "",
        "is_flapping": one.kept.memory.is_flapping,
        "muted_by": "",
    }


def _update(row: Values):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own Update
    columns = [name for name in row if name.startswith("new_")]
    return (
        update(_ALERT)
        .where(_ALERT.c.id == bindparam("key"))
        .values({name.removeprefix("new_"): bindparam(name) for name in columns})
    )


def _firing(alert_id: uuid.UUID, one: Moved) -> Firing:
    look = one.look
    return Firing(
        alert_id=alert_id,
        rule_id=look.rule.id,
        kind=look.rule.kind,
        domain=look.rule.domain,
        resource_id=look.resource_id,
        severity=look.severity,
        subject=look.subject,
        labels=look.labels,
        began_at=one.since,
    )


_ANNOUNCED: Mapping[Transition, type[AlertChanged]] = {
    Transition.FIRED: AlertFired,
    Transition.RESOLVED: AlertResolved,
}


def _announcement(
    kind: type[AlertChanged],
    alert: dict[str, object],
    one: Moved,
    names: Mapping[uuid.UUID, str],
    now: datetime,
) -> AlertChanged:
    row = Alert(**alert)
    name = names.get(row.resource_id, "")
    title = row.title
    if kind is AlertResolved:
        title = one.over.replace("{name}", name) or over_of(one.look.rule, name, row.subject)
    return announcement_of(kind, row, title, now)


async def end_orphans(
    session: AsyncSession, clock: Clock, wanted: Select[uuid.UUID]
) -> list[AlertChange]:
    """Resolve alerts that no instance stands behind; what had fired is told to be over."""
    now = clock.now()
    rows = (
        await session.scalars(
            select(Alert).where(Alert.id.in_(wanted)).order_by(Alert.id).with_for_update()
        )
    ).all()
    outbox = Outbox(session, clock)
    changes: list[AlertChange] = []
    for row in rows:
        row.state, row.resolved_at = AlertState.RESOLVED, now
        if row.fired_at is not None:
            title = f"{row.title}: not watched any more"[:_TITLE_LIMIT]
            outbox.announce(_ENGINE, announcement_of(AlertResolved, row, title, now))
            changes.append(AlertChange(row.id, row.resource_id, Transition.RESOLVED))
    return changes


def announcement_of(kind: type[Told], row: Alert, title: str, now: datetime) -> Told:
    """Say of an alert what its row says."""
    is_over = kind is AlertResolved
    return kind(
        object_kind="alert",
        object_id=row.id,
        object_name=row.title,
        resource_id=row.resource_id,
        alert_type=row.kind,
        domain=row.domain,
        severity=row.severity,
        title=title,
        message=f"It was: {row.message}" if is_over else row.message,
        fix=row.fix,
        runbook=row.runbook,
        subject=row.subject,
        began_at=row.began_at,
        at=now,
        muted_by=row.muted_by,
        cause_id=row.cause_id,
        is_flapping=row.is_flapping,
    )


async def tell_pages(live: LiveBus, changes: Sequence[AlertChange]) -> None:
    """Tell the open pages, after the commit."""
    for change in changes:
        told: dict[str, JsonValue] = {
            "id": str(change.resource_id),
            "alert_id": str(change.alert_id),
            "event": "firing" if change.transition is Transition.FIRED else "resolved",
        }
        await live.publish(_TOPIC, told)
