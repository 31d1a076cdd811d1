"""When an alert begins, fires and ends. The conditions come from the domains.

The rules are a pure function over what is open and what was seen, so that a restart changes
nothing: all state is in the rows.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.ids import uuid7
from app.models.core.alarm_channel import AlarmChannel
from app.models.core.alert import Alert, AlertMessage, AlertState, DeliveryState

_MESSAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of alert. It fires when `after` cycles in a row have seen it."""

    kind: str
    title: str  # "{name} is offline"
    over: str  # "{name} is back"
    after: int = 1


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now.

    `only_keeps` marks the band between the levels where an alert begins and where it ends: it
    begins nothing and ends nothing, so that a value on the edge does not alarm again and again.
    """

    message: str
    subject: str = ""
    fix: str = ""
    only_keeps: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at a resource showed. A rule that is missing here could not be judged."""

    resource_id: uuid.UUID
    name: str
    conditions: Mapping[Rule, Sequence[Condition]] = field(default_factory=dict)


class Event(StrEnum):
    """What goes out."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is pending or firing."""

    id: uuid.UUID
    resource_id: uuid.UUID
    kind: str
    subject: str
    state: AlertState
    message: str
    fix: str
    seen: float
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one alert; `event` goes out, None means that nobody is told."""

    alert: OpenAlert
    rule: Rule
    name: str
    is_new: bool = False
    is_dropped: bool = False  # it was pending and went away before anybody was told
    event: Event | None = None


def advance(alerts: Sequence[OpenAlert], seen: Observation, now: datetime) -> list[Change]:
    """Return what changes when a resource's open alerts meet a new observation."""
    changes: list[Change] = []
    for rule, conditions in seen.conditions.items():
        known = {alert.subject: alert for alert in alerts if alert.kind == rule.kind}
        for condition in conditions:
            alert = known.pop(condition.subject, None)
            change = (
                _begin(rule, condition, seen, now)
                if alert is None
                else _go_on(rule, condition, seen, alert)
            )
            if change is not None:
                changes.append(change)
        changes.extend(_end(rule, seen, alert) for alert in known.values())
    return changes


def _begin(rule: Rule, condition: Condition, seen: Observation, now: datetime) -> Change | None:
    if condition.only_keeps:
        return None
    fires = rule.after <= 1
    alert = OpenAlert(
        id=uuid7(),
        resource_id=seen.resource_id,
        kind=rule.kind,
        subject=condition.subject,
        state=AlertState.FIRING if fires else AlertState.PENDING,
        message=condition.message[:_MESSAGE_LIMIT],
        fix=condition.fix[:_MESSAGE_LIMIT],
        seen=1,
        began_at=now,
    )
    return Change(alert, rule, seen.name, is_new=True, event=Event.FIRING if fires else None)


def _go_on(rule: Rule, condition: Condition, seen: Observation, alert: OpenAlert) -> Change | None:
    if alert.state == AlertState.FIRING:
        return None
    if condition.only_keeps:
        return Change(alert, rule, seen.name, is_dropped=True)
    count = alert.seen + 1
    fires = count >= rule.after
    after = OpenAlert(
        id=alert.id,
        resource_id=alert.resource_id,
        kind=alert.kind,
        subject=alert.subject,
        state=AlertState.FIRING if fires else AlertState.PENDING,
        message=condition.message[:_MESSAGE_LIMIT],
        fix=condition.fix[:_MESSAGE_LIMIT],
        seen=count,
        began_at=alert.began_at,
    )
    return Change(after, rule, seen.name, event=Event.FIRING if fires else None)


def _end(rule: Rule, seen: Observation, alert: OpenAlert) -> Change:
    if alert.state == AlertState.PENDING:
        return Change(alert, rule, seen.name, is_dropped=True)
    return Change(alert, rule, seen.name, event=Event.RESOLVED)


class AlarmBook:
    """The alerts of one transaction: reads the open ones, writes what became of them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def apply(self, observations: Sequence[Observation], now: datetime) -> list[Change]:
        """Compare with what is open, store the changes, and queue what goes out."""
        open_alerts = await self._open([seen.resource_id for seen in observations])
        changes = [
            change
            for seen in observations
            for change in advance(open_alerts.get(seen.resource_id, []), seen, now)
        ]
        if changes:
            await self._store(changes, now)
            await self._queue([change for change in changes if change.event], now)
        return changes

    async def _open(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[OpenAlert]]:
        rows = await self._session.execute(
            select(
                Alert.id,
                Alert.resource_id,
                Alert.kind,
                Alert.subject,
                Alert.state,
                Alert.message,
                Alert.fix,
                Alert.value,
                Alert.began_at,
            ).where(
                Alert.resource_id.in_(ids),
                Alert.state.in_([AlertState.PENDING, AlertState.FIRING]),
            )
        )
        found: dict[uuid.UUID, list[OpenAlert]] = {}
        for row in rows:
            found.setdefault(row.resource_id, []).append(OpenAlert(*row))
        return found

    async def _store(self, changes: Sequence[Change], now: datetime) -> None:
        new = [_new_row(change, now) for change in changes if change.is_new]
        if new:
            await self._session.execute(insert(Alert), new)
        dropped = [change.alert.id for change in changes if change.is_dropped]
        if dropped:
            await self._session.execute(delete(Alert).where(Alert.id.in_(dropped)))
        for change in changes:
            if not change.is_new and not change.is_dropped:
                await self._session.execute(
                    update(Alert).where(Alert.id == change.alert.id).values(_changed(change, now))
                )

    async def _queue(self, changes: Sequence[Change], now: datetime) -> None:
        """Write the messages in the same transaction, when there is anybody to tell."""
        if not changes or not await self._has_channel():
            return
        await self._session.execute(
            insert(AlertMessage), [_message_row(change, now) for change in changes]
        )

    async def _has_channel(self) -> bool:
        found = await self._session.scalar(
            select(AlarmChannel.id).where(AlarmChannel.is_enabled.is_(True)).limit(1)
        )
        return found is not None


def _new_row(change: Change, now: datetime) -> dict[str, object]:
    alert = change.alert
    return {
        "id": alert.id,
        "resource_id": alert.resource_id,
        "kind": alert.kind,
        "subject": alert.subject,
        "state": alert.state,
        "message": alert.message,
        "fix": alert.fix,
        "value": alert.seen,
        "domain": "infrastructure",
        "fingerprint": f"{alert.kind}:{alert.resource_id}"[:64],
        "severity": "warning",
        "title": change.rule.title.format(name=change.name, subject=alert.subject)[:300],
        "began_at": alert.began_at,
        "fired_at": now if change.event is Event.FIRING else None,
    }


def _changed(change: Change, now: datetime) -> dict[str, object]:
    if change.event is Event.RESOLVED:
        return {"state": AlertState.RESOLVED, "resolved_at": now}
    alert = change.alert
    changed = {
        "state": alert.state,
        "value": alert.seen,
        "message": alert.message,
        "fix": alert.fix,
    }
    return {**changed, "fired_at": now} if change.event is Event.FIRING else changed


def _message_row(change: Change, now: datetime) -> dict[str, object]:
    is_over = change.event is Event.RESOLVED
    words = change.rule.over if is_over else change.rule.title
    return {
        "id": uuid7(),
        "alert_id": change.alert.id,
        "event": change.event,
        "title": words.format(name=change.name, subject=change.alert.subject)[:300],
        "body": f"It was: {change.alert.message}" if is_over else change.alert.message,
        "created_at": now,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "next_try_at": now,
        "error": "",
    }
