"""What is wrong with a database, as the alert engine takes it."""

from app.models.core.alert import Severity
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseState
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.databases.states import NOT_LET_IN, REFUSED, Verdict

_DOMAIN = "infrastructure"
_MINUTE = 60
OFFLINE = AlertType(
    kind="database_offline",
    domain=_DOMAIN,
    title="{name} is offline",
    over="{name} is back",
    severity=Severity.CRITICAL,
    for_seconds=2 * _MINUTE,
    runbook="databases",
    consequences="Whatever uses it fails.",
    about="A database's process is gone from a server that answers",
    source="awesome-prometheus-alerts: PostgresqlDown, MysqlDown, RedisDown; two minutes are a"
    " restart",
)
DEGRADED = AlertType(
    kind="database_degraded",
    domain=_DOMAIN,
    title="{name} is not well",
    over="{name} is well again",
    severity=Severity.WARNING,
    for_seconds=5 * _MINUTE,
    runbook="databases",
    consequences="It answers in part, too slowly, or says itself that something failed.",
    about="A database answers in part or too slowly, or reports a failure of its own",
    source="Unity's own: it was slow, or told of a failure, for five minutes",
)
LOGIN_REFUSED = AlertType(
    kind="database_login_refused",
    domain=_DOMAIN,
    title="{name} refuses Unity's login",
    over="{name} lets Unity log in again",
    severity=Severity.WARNING,
    runbook="databases",
    consequences="Its numbers are not read, and its other alerts cannot fire.",
    about="A database refuses the login that it has taken, or that was entered for it",
    source="Unity's own: no login is tried more than twice",
)
TYPES: tuple[AlertType, ...] = (OFFLINE, DEGRADED, LOGIN_REFUSED)


def observe_state(row: DatabaseInstance, verdict: Verdict) -> Observation:
    """Say what is wrong with a database; what its state says nothing of stays as it was.

    Nobody is got up for one that nobody has given a login: it may be somebody's experiment.
    """
    database_id, name = row.id, row.name
    severity = None if row.last_read_at is not None else Severity.WARNING
    found: dict[AlertType, list[Condition]] = {one: [] for one in TYPES}
    condition = Condition(verdict.reason, fix=verdict.fix, severity=severity)
    match verdict.state:
        case DatabaseState.OFFLINE:
            # Whether it is well, and its login good, cannot be seen now.
            return Observation(database_id, name, {OFFLINE: [condition]})
        case DatabaseState.DEGRADED:
            found[DEGRADED].append(condition)
        case DatabaseState.NEEDS_CREDENTIALS:
            if verdict.kind in (REFUSED, NOT_LET_IN):
                found[LOGIN_REFUSED].append(condition)
            del found[DEGRADED]
        case _:
            pass
    return Observation(database_id, name, found)
