"""What is true of a database, judged from what came of asking it: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    DatabaseState,
)
from app.ports.database_driver import (
    DatabaseBusy,
    DatabaseError,
    DatabaseNotLetIn,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnsupported,
    DatabaseWantsLogin,
)
from app.services.infrastructure.databases.figures import Reading

TITLES = {
    DatabaseKind.POSTGRESQL: "PostgreSQL",
    DatabaseKind.MYSQL: "MySQL",
    DatabaseKind.MARIADB: "MariaDB",
    DatabaseKind.MONGODB: "MongoDB",
    DatabaseKind.REDIS: "Redis",
    DatabaseKind.VALKEY: "Valkey",
    DatabaseKind.MINIO: "MinIO",
}
_LONGEST = 1000
REFUSED = "refused"
NOT_LET_IN = "not_let_in"
# Engines lock an account, or an address, after a few failures in a row. Two are never enough.
MOST_REFUSALS = 2
AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state with its reason, for people."""

    state: DatabaseState
    kind: str = ""
    reason: str = ""
    fix: str = ""


_TROUBLED: dict[type[DatabaseError], tuple[str, str]] = {
    DatabaseBusy: (
        "busy",
        "If it lasts, see what holds all its connections, or why it starts so long.",
    ),
    DatabaseSilent: (
        "silent",
        "See what the machine is busy with: disk, memory, or a lock that all wait for.",
    ),
    DatabaseUnsupported: ("unsupported", "Update it."),
}
ONLINE = Verdict(DatabaseState.ONLINE)
GONE = Verdict(
    DatabaseState.OFFLINE,
    "gone",
    "Its process does not run any more.",
    "Start it again; its log says why it ended. If it was taken away on purpose, forget it here.",
)


def wants_login(kind: DatabaseKind) -> Verdict:
    """Judge one that runs, and that nobody has given a login for."""
    return Verdict(
        DatabaseState.NEEDS_CREDENTIALS,
        "wants_login",
        f"{TITLES[kind]} runs and listens. Its numbers are read after a login only.",
        "Run the script on its page once, as the database's administrator; then enter the login.",
    )


def judge_error(error: DatabaseError, *, is_there: bool) -> Verdict:
    """Judge what came instead of answers; `is_there`: its process was seen just now."""
    fix = error.fix
    match error:
        case DatabaseWantsLogin():
            return Verdict(
                DatabaseState.NEEDS_CREDENTIALS,
                "wants_login",
                error.detail,
                fix or "Run the script on its page once; then enter the login.",
            )
        case DatabaseNotLetIn():
            return Verdict(DatabaseState.NEEDS_CREDENTIALS, NOT_LET_IN, error.detail, fix)
        case DatabaseRefused():
            return Verdict(
                DatabaseState.NEEDS_CREDENTIALS,
                REFUSED,
                error.detail,
                fix
                or "Correct the login here or on the database. It is tried once more in an hour,"
                " and then not again before it changes, so that no account is locked.",
            )
        case DatabaseBusy() | DatabaseSilent() | DatabaseUnsupported():
            kind, advice = _TROUBLED[type(error)]
            return Verdict(DatabaseState.DEGRADED, kind, error.detail, fix or advice)
        case _ if is_there:
            return Verdict(
                DatabaseState.DEGRADED,
                "no_way",
                f"Its process runs, but no connection came about. {error.detail}",
                fix
                or "If it answers on its machine, the SSH server may forbid forwarding:"
                " AllowTcpForwarding and AllowStreamLocalForwarding in sshd_config.",
            )
        case _:
            return GONE


def judge_reading(reading: Reading) -> Verdict:
    """Judge a database that answered."""
    if reading.problems:
        worst = reading.problems[0]
        reason = " ".join(one.message for one in reading.problems[:3])
        return Verdict(DatabaseState.DEGRADED, worst.code, reason, worst.fix)
    if reading.missing:
        return Verdict(
            DatabaseState.DEGRADED,
            "partly_hidden",
            " ".join(reading.missing),
            "Give the login the rights that the script on its page gives.",
        )
    return ONLINE


def may_try(
    mark: str, refused: str, refusals: int, refused_at: datetime | None, now: datetime
) -> bool:
    """Say whether a login may be tried: one that was refused is not, again and again."""
    if mark != refused or not refusals or refused_at is None:
        return True
    return refusals < MOST_REFUSALS and now - refused_at >= AGAIN_AFTER


def apply_verdict(row: DatabaseInstance, verdict: Verdict, now: datetime) -> None:
    """Write a state into a row; its time changes only when the state does."""
    if row.state != verdict.state or row.state_since is None:
        row.state, row.state_since = verdict.state, now
    row.reason_kind = verdict.kind
    row.reason, row.fix = verdict.reason[:_LONGEST], verdict.fix[:_LONGEST]
