"""What the model is told of an alert: read with the rights of the person, the weightiest first."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from app.kernel.clock import Clock
from app.kernel.errors import InvalidInput, JsonValue
from app.schemas.core.alert import AlertChart, AlertDetail, AlertHistory, AlertQuery, AlertStanding
from app.services.core.alerts.details import AlertDetails
from app.services.core.alerts.inbox import AlertInbox
from app.services.core.assistant.core_tools import measured
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.tools import without_empty
from app.services.core.metrics.queries import MetricReader
from app.services.core.permissions import P

_MOST_CHARTS = 3
_POINTS = 36
_MOST_ENTRIES = 30
_BEFORE = timedelta(hours=6)
_LONGEST = timedelta(days=7)
_LEAST_LEFT = 300  # less of a section is not worth sending


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the briefing."""

    title: str
    value: JsonValue


class Briefing(Protocol):
    """What one domain knows about the thing of an alert."""

    async def read(self, eyes: Eyes, alert: AlertDetail) -> Sequence[Section]:
        """Return what the person may see of it; nothing without the right."""
        ...


class AlertBriefing:
    """The alert itself, its history, its measurements, and what else is wrong there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def alert(self, eyes: Eyes, alert_id: uuid.UUID) -> AlertDetail:
        """Return the alert, or raise `AlertNotFound` when the person may not see it."""
        async with eyes.looking(P.ALERTS_READ) as session:
            return await AlertDetails(session).get(alert_id)

    async def read(self, eyes: Eyes, alert: AlertDetail) -> Sequence[Section]:
        """Return the sections."""
        async with eyes.looking(P.ALERTS_READ) as session:
            history = await AlertDetails(session).history(alert.id)
            others = await AlertInbox(session).page(
                AlertQuery(server_id=alert.server_id, state=AlertStanding.OPEN, per_page=11, q="")
            )
        sections = [
            Section("alert", _told(alert)),
            Section("measurements", await self._measurements(eyes, alert)),
            Section("history", _past(history)),
        ]
        if alert.server_id is not None:
            beside = [
                without_empty(
                    {
                        "title": one.title,
                        "on": one.resource_name,
                        "severity": one.severity.value,
                        "began_at": one.began_at.isoformat(),
                        "message": one.message,
                    }
                )
                for one in others.items
                if one.id != alert.id
            ]
            sections.append(Section("other open alerts of the same server", [*beside]))
        return sections

    async def _measurements(self, eyes: Eyes, alert: AlertDetail) -> JsonValue:
        if not eyes.may(P.METRICS_READ):
            return []
        async with eyes.looking(P.METRICS_READ) as session:
            reader = MetricReader(session)
            return [
                await self._chart(reader, alert, chart) for chart in alert.charts[:_MOST_CHARTS]
            ]

    async def _chart(
        self, reader: MetricReader, alert: AlertDetail, chart: AlertChart
    ) -> JsonValue:
        end = alert.resolved_at + timedelta(minutes=30) if alert.resolved_at else self._clock.now()
        start = max(alert.began_at - _BEFORE, end - _LONGEST)
        said: dict[str, JsonValue] = {
            "metric": chart.metric,
            "raises_at": f"{chart.operator} {chart.raise_level}" if chart.operator else "",
            "unit": chart.unit,
        }
        labels = tuple(sorted(chart.labels.items()))
        try:
            result = await reader.query(
                chart.metric, [alert.resource_id], labels, start, end, _POINTS
            )
        except InvalidInput as error:
            return {**said, "note": str(error)}
        return {**said, "course": measured(result)}


def _told(alert: AlertDetail) -> JsonValue:
    return without_empty(
        {
            "title": alert.title,
            "message": alert.message,
            "what_unity_advises": alert.fix,
            "reasons": [*alert.reasons],
            "kind": alert.kind,
            "severity": alert.severity.value,
            "state": alert.state.value,
            "on": alert.resource_name,
            "kind_of_thing": alert.resource_kind,
            "server": alert.server_name,
            "subject": alert.subject,
            "labels": dict(alert.labels),
            "value": alert.value,
            "unit": alert.unit,
            "rule": alert.rule_name,
            "lasts_before_it_is_told_seconds": alert.for_seconds,
            "began_at": alert.began_at.isoformat(),
            "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
            "goes_up_and_down": alert.is_flapping,
            "follows_from": alert.cause_title,
            "alerts_that_follow_from_it": alert.consequences,
            "note_of_who_took_it_on": alert.acknowledged_note,
        }
    )


def _past(history: AlertHistory) -> JsonValue:
    return {
        "what_happened": [
            {"at": one.at.isoformat(), "what": one.text} for one in history.entries[-_MOST_ENTRIES:]
        ],
        "earlier_times": [
            without_empty(
                {
                    "began_at": one.began_at.isoformat(),
                    "resolved_at": one.resolved_at.isoformat() if one.resolved_at else None,
                }
            )
            for one in history.others
        ],
    }


def fitted(sections: Sequence[Section], most: int) -> dict[str, JsonValue]:
    """Return the sections that fit, in their order; the one that does not is cut."""
    document: dict[str, JsonValue] = {}
    for section in sections:
        if section.value in ([], {}, None):
            continue
        text = json.dumps(section.value, ensure_ascii=False)
        room = most - len(section.title) - 8
        if len(text) <= room:
            document[section.title] = section.value
            most = room - len(text)
        elif room > _LEAST_LEFT:
            # Quotes and backslashes are written twice when the cut text stands in a document.
            document[section.title] = text[: room // 2] + " … (cut)"
            break
        else:
            break
    return document
