"""All that a person needs to understand one alert: its measurements, its past, its silence."""

import uuid
from collections.abc import Collection, Sequence

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Alert, AlertState, Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.event import Event
from app.schemas.core.alert import (
    AlertChart,
    AlertDetail,
    AlertHistory,
    AlertRead,
    EarlierAlert,
    TimelineEntry,
)
from app.schemas.core.alert_rule import (
    Composite,
    Forecast,
    Levels,
    Match,
    RuleDefinition,
    StateChange,
)
from app.schemas.core.silence import Matcher, MatchField
from app.services.core.alerts.inbox import AlertInbox, AlertNotFound
from app.services.core.alerts.levels import bounds_of, override_for
from app.services.core.alerts.rule_book import Rule, read_rule

_SHOWN = 20
_MOST_ENTRIES = 200


class AlertDetails:
    """Reads one alert."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, alert_id: uuid.UUID) -> AlertDetail:
        """Return an alert with its charts and with what silences its like."""
        read = await AlertInbox(self._session).get(alert_id)
        rule = await self._rule(read.rule_id)
        return AlertDetail.model_validate(
            {
                **read.model_dump(),
                "charts": [] if rule is None else _charts(rule, read),
                "silence": _matchers(read),
                "for_seconds": 0
                if rule is None
                else round(rule.timings.fire_after.total_seconds()),
            }
        )

    async def history(self, alert_id: uuid.UUID) -> AlertHistory:
        """Return what happened to it, oldest first, and the same at other times."""
        alert = await self._session.get(Alert, alert_id)
        if alert is None:
            raise AlertNotFound("There is no alert with this id.")
        events = await self._session.scalars(
            select(Event)
            .where(Event.object_kind == "alert", Event.object_id == alert_id)
            .order_by(Event.at, Event.id)
            .limit(_MOST_ENTRIES)
        )
        others = await self._session.scalars(
            select(Alert)
            .where(
                Alert.fingerprint == alert.fingerprint,
                Alert.id != alert_id,
                Alert.state != AlertState.PENDING,
            )
            .order_by(Alert.began_at.desc())
            .limit(_SHOWN)
        )
        return AlertHistory(
            entries=[_began(alert), *(_entry(one) for one in events)],
            others=[
                EarlierAlert(
                    id=one.id,
                    state=AlertState(one.state),
                    severity=Severity(one.severity),
                    began_at=one.began_at,
                    resolved_at=one.resolved_at,
                )
                for one in others
            ],
        )

    async def _rule(self, rule_id: uuid.UUID | None) -> Rule | None:
        row = None if rule_id is None else await self._session.get(AlertRule, rule_id)
        if row is None:
            return None
        try:
            return read_rule(row)
        except ValidationError:
            # The list of rules says what is wrong with it; the alert is shown without a chart.
            return None


def _began(alert: Alert) -> TimelineEntry:
    return TimelineEntry(
        at=alert.began_at, kind="alert.began", text="It was seen for the first time.", by=""
    )


def _entry(event: Event) -> TimelineEntry:
    note = event.data.get("muted_by")
    text = event.summary
    if event.kind == "alert.fired" and isinstance(note, str) and note:
        text = f"{text} (nobody was told: {note})"
    return TimelineEntry(
        at=event.at, kind=event.kind, text=text, by=event.actor_name if event.actor_id else ""
    )


def _charts(rule: Rule, alert: AlertRead) -> Sequence[AlertChart]:
    definition = rule.definition
    if isinstance(definition, Composite):
        return [_chart(rule, part, {}) for part in definition.parts]
    if isinstance(definition, StateChange):
        return []
    own = [one for one in (alert.resource_id, alert.server_id) if one is not None]
    return [_chart(rule, definition, alert.labels, own)]


def _chart(
    rule: Rule,
    definition: RuleDefinition,
    labels: dict[str, str],
    own: Collection[uuid.UUID] = (),
) -> AlertChart:
    if isinstance(definition, StateChange | Composite):
        raise TypeError("Only what is measured has a chart.")
    raised: float | None = None
    clear: float | None = None
    operator, unit = "", ""
    if isinstance(definition, Levels):
        override = override_for(rule.overrides, labels, own) if own else None
        bounds = bounds_of(definition, override)
        raised, clear = bounds.raise_level, bounds.clear_level
        operator, unit = definition.operator.value, definition.unit
    elif isinstance(definition, Forecast):
        raised, operator, unit = definition.level, ">=", definition.unit
    named = {one.label: one.value for one in definition.labels if one.match is Match.IS}
    return AlertChart(
        metric=definition.metric,
        labels=labels or named,
        unit=unit,
        operator=operator,
        raise_level=raised,
        clear_level=clear,
    )


def _matchers(alert: AlertRead) -> list[Matcher]:
    """Return what silences this alert and nothing else that may come."""
    wanted = [
        (MatchField.TYPE, alert.kind),
        (MatchField.RESOURCE, alert.resource_name),
        (MatchField.SUBJECT, alert.subject),
    ]
    return [Matcher(field=field, values=[value]) for field, value in wanted if value]
