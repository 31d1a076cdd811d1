"""What follows from what: an offline server explains all that hangs on it, a dead drive its pool.

Only the kinds of alert that are named here explain others, and only upwards along what a resource
hangs on: its server, its parent, what it stands on, and the server that it is reached through.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType

from app.models.core.alert import Severity
from app.services.core.alerts.matchers import AlertFacts

HOLD = timedelta(seconds=60)  # how long a possible consequence waits for its cause
LONGEST_HOLD = timedelta(minutes=11)  # while a cause is pending: two rounds of the collector
EARLY = timedelta(minutes=10)  # what fired so shortly before its cause belongs to it, too
# After the cause is over, one more round of the collector has to see that the rest is well.
GRACE = timedelta(minutes=7)

# The edges of the topology along which trouble travels.
DEPENDS = ("stands_on", "reached_through")
# On its own resource a cause explains all others but these, which explain it or are facts of their
# own. Another host key makes a server unreachable, so it comes before "offline".
NOT_EXPLAINED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "host_key_changed": frozenset({"host_key_changed"}),
        "server_offline": frozenset({"server_offline", "host_key_changed"}),
    }
)
# Trouble below explains some of the trouble above, and nothing on its own resource: a full file
# system on a drive that fails is full for reasons of its own.
_UNREACHED = frozenset({"database_offline", "database_degraded"})
_BROKEN = frozenset({"pool_degraded", "pool_errors", "pool_missing"}) | _UNREACHED
EXPLAINED_ABOVE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "drive_gone": _BROKEN,
        "drive_health": _BROKEN,
        "drive_cable": _BROKEN,
        "pool_missing": _BROKEN,
        "pool_errors": _UNREACHED,
        "pool_degraded": _BROKEN - {"pool_errors"},
    }
)
CAUSES = frozenset(NOT_EXPLAINED) | frozenset(EXPLAINED_ABOVE)
_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class CauseState(Enum):
    """How sure a cause is."""

    PENDING = 0
    ACTIVE = 1
    OVER = 2  # but not for long


@dataclass(frozen=True, slots=True)
class Cause:
    """An alert that may explain others."""

    alert_id: uuid.UUID
    kind: str
    resource_id: uuid.UUID
    title: str
    state: CauseState
    began_at: datetime
    resolved_at: datetime | None = None
    above: frozenset[uuid.UUID] = frozenset()
    severity: Severity = Severity.CRITICAL


Causes = Mapping[uuid.UUID, Sequence[Cause]]


def find_cause(
    facts: AlertFacts,
    above: Collection[uuid.UUID],
    fired_at: datetime,
    causes: Causes,
    now: datetime,
) -> Cause | None:
    """Return the deepest cause of an alert: an offline jump host before what is behind it."""
    found: Cause | None = None
    kind, resource_id, own, seen = facts.kind, facts.resource_id, above, {facts.alert_id}
    severity = facts.severity
    while True:
        cause = next(
            (
                one
                for one in _explaining(kind, severity, resource_id, own, causes)
                if one.alert_id not in seen and _is_timely(one, fired_at, now)
            ),
            None,
        )
        if cause is None:
            return found
        found = cause
        seen.add(cause.alert_id)
        kind, resource_id, own = cause.kind, cause.resource_id, cause.above
        severity = cause.severity


def is_held(
    facts: AlertFacts,
    above: Collection[uuid.UUID],
    fired_at: datetime,
    causes: Causes,
    now: datetime,
) -> bool:
    """Tell whether a cause is pending, so that it is soon known what this alert follows from."""
    return now < fired_at + LONGEST_HOLD and any(
        cause.state is CauseState.PENDING and cause.alert_id != facts.alert_id
        for cause in _explaining(facts.kind, facts.severity, facts.resource_id, above, causes)
    )


def _explaining(
    kind: str,
    severity: Severity,
    resource_id: uuid.UUID,
    above: Collection[uuid.UUID],
    causes: Causes,
) -> Iterator[Cause]:
    for cause in causes.get(resource_id, ()):
        if cause.kind in NOT_EXPLAINED and kind not in NOT_EXPLAINED[cause.kind]:
            yield cause
    for one in above:
        for cause in causes.get(one, ()):
            # Two that hang on each other explain nothing: both would be kept quiet.
            if resource_id not in cause.above and _reaches(cause, kind, severity):
                yield cause


def _reaches(cause: Cause, kind: str, severity: Severity) -> bool:
    """Tell whether a cause explains such an alert above it: never one that is worse than it."""
    explained = EXPLAINED_ABOVE.get(cause.kind)
    return explained is None or (kind in explained and _RANK[severity] <= _RANK[cause.severity])


def _is_timely(cause: Cause, fired_at: datetime, now: datetime) -> bool:
    """Refuse what was wrong long before a cause, or began after it."""
    if cause.state is CauseState.PENDING or fired_at < cause.began_at - EARLY:
        return False
    if cause.resolved_at is None:
        return True
    return fired_at <= cause.resolved_at and now < cause.resolved_at + GRACE
