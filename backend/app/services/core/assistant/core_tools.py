"""What the core lets the model look up: alerts and measurements."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field

from app.kernel.errors import JsonValue
from app.models.core.alert import AlertState, Severity
from app.schemas.core.alert import AlertQuery, AlertRead, AlertStanding
from app.services.core.alerts.inbox import AlertInbox
from app.services.core.assistant.tools import (
    MOST_ROWS,
    Arguments,
    CannotLook,
    Desk,
    ReadTool,
    Rows,
    Words,
    listed,
    without_empty,
)
from app.services.core.metrics.lines import QueryResult, Values
from app.services.core.metrics.queries import MetricReader
from app.services.core.permissions import P

_MOST_POINTS = 24
_MOST_SERIES = 10
_LONGEST = 24 * 365
_STATES: Mapping[str, AlertStanding | AlertState | None] = {
    "open": AlertStanding.OPEN,
    "resolved": AlertState.RESOLVED,
    "any": None,
}


class FindAlerts(Arguments):
    """Which alerts."""

    text: Words = Field("", max_length=200, description="Words in its title or its thing's name.")
    state: Literal["open", "resolved", "any"] = "open"
    severity: Literal["", "info", "warning", "critical"] = ""
    server: Words = Field("", max_length=60, description="The reference of a server.")
    limit: Rows = 10


async def find_alerts(desk: Desk, wanted: FindAlerts) -> JsonValue:
    """List alerts."""
    server = desk.thing(wanted.server, "server")
    page = await AlertInbox(desk.session).page(
        AlertQuery(
            q=wanted.text,
            state=_STATES[wanted.state],
            severity=Severity(wanted.severity) if wanted.severity else None,
            server_id=server.id if server else None,
            sort="-began_at" if wanted.state == "resolved" else "",
            per_page=wanted.limit,
        )
    )
    return listed([_alert(desk, one) for one in page.items], page.total)


def _alert(desk: Desk, one: AlertRead) -> Mapping[str, JsonValue]:
    return {
        "ref": desk.references.add("alert", one.id, one.title),
        "title": one.title,
        "message": one.message,
        "severity": one.severity.value,
        "state": one.state.value,
        "on": one.resource_name,
        "server": one.server_name,
        "server_ref": desk.references.add("server", one.server_id, one.server_name)
        if one.server_id
        else None,
        "fix": one.fix,
        "began_at": one.began_at.isoformat(),
        "resolved_at": one.resolved_at.isoformat() if one.resolved_at else None,
        "acknowledged_by": one.acknowledged_by,
        "follows_from": one.cause_title,
    }


class ListMetrics(Arguments):
    """Of what."""

    of: str = Field(max_length=60, description="The reference of a server, drive or pool.")
    text: Words = Field("", max_length=100, description="A part of the metric's name.")


async def list_metrics(desk: Desk, wanted: ListMetrics) -> JsonValue:
    """List metrics with their newest values."""
    thing = _thing(desk, wanted.of)
    found = await MetricReader(desk.session).latest([thing])
    rows = [
        without_empty(
            {
                "metric": one.series.metric,
                "labels": dict(one.series.labels),
                "unit": one.series.unit,
                "newest": rounded(one.value),
                "at": one.at.isoformat(),
            }
        )
        for one in found
        if wanted.text.lower() in one.series.metric.lower()
    ]
    return listed(rows[: 2 * MOST_ROWS], len(rows))


def _hours(value: object) -> object:
    return min(max(value, 1), _LONGEST) if isinstance(value, int | float) else 24


class ReadMetric(Arguments):
    """Which measurements."""

    of: str = Field(max_length=60, description="The reference of a server, drive or pool.")
    metric: str = Field(max_length=200, description="A name that list_metrics has shown.")
    hours: Annotated[float, BeforeValidator(_hours)] = Field(24, description="How far back.")


async def read_metric(desk: Desk, wanted: ReadMetric) -> JsonValue:
    """Read one metric over time."""
    thing = _thing(desk, wanted.of)
    now = desk.platform.clock.now()
    result = await MetricReader(desk.session).query(
        wanted.metric, [thing], (), now - timedelta(hours=wanted.hours), now, _MOST_POINTS
    )
    if not result.lines:
        raise CannotLook(f"{wanted.of} has no metric {wanted.metric[:100]!r}; list its metrics.")
    return measured(result)


def _thing(desk: Desk, ref: str) -> uuid.UUID:
    found = desk.thing(ref)
    if found is None:
        raise CannotLook("Give a reference.")
    return found.id


def measured(result: QueryResult) -> JsonValue:
    """Return a result as a model reads it: the sum of each series, and its course."""
    begin = datetime.fromtimestamp(result.times[0], UTC).isoformat() if result.times else ""
    return {
        "begins_at": begin,
        "step_seconds": result.step,
        "series": [
            without_empty(
                {
                    "metric": line.name.metric,
                    "labels": dict(line.name.labels),
                    "unit": line.name.unit,
                    **_summed(line.least, line.mean, line.greatest),
                    "means": [rounded(value) for value in line.mean],
                }
            )
            for line in result.lines[:_MOST_SERIES]
        ],
    }


def _summed(least: Values, mean: Values, greatest: Values) -> dict[str, JsonValue]:
    means = [value for value in mean if value is not None]
    if not means:
        return {"note": "nothing was measured in this time"}
    return {
        "least": rounded(min(value for value in least if value is not None)),
        "mean": rounded(fmean(means)),
        "greatest": rounded(max(value for value in greatest if value is not None)),
        "newest": rounded(means[-1]),
    }


def rounded(value: float | None) -> float | None:
    """Return a number with the four digits that matter."""
    return None if value is None else float(f"{value:.4g}")


# The cast holds because a tool is only ever given the arguments that it reads itself.
CORE_TOOLS = cast(
    "Sequence[ReadTool[Arguments]]",
    (
        ReadTool(
            "find_alerts",
            "Looking for alerts",
            "Find alerts: what is or was wrong, on which thing, since when, and what to do.",
            P.ALERTS_READ,
            FindAlerts,
            find_alerts,
        ),
        ReadTool(
            "list_metrics",
            "Looking at what is measured",
            "List what is measured of a thing, with the newest values.",
            P.METRICS_READ,
            ListMetrics,
            list_metrics,
        ),
        ReadTool(
            "read_metric",
            "Reading measurements",
            "Read one metric of a thing over the last hours: least, mean, greatest, course.",
            P.METRICS_READ,
            ReadMetric,
            read_metric,
        ),
    ),
)
