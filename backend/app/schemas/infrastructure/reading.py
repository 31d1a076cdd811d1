"""What machines answered: facts, collection runs, and the overview."""

import uuid
from datetime import datetime

from pydantic import Field, JsonValue

from app.models.core.alert import Severity
from app.models.infrastructure.monitored_server import ServerStatus
from app.schemas.base import Output, PageQuery


class FactRead(Output):
    """One fact of a server: its newest value, and the newest trouble with it."""

    fact: str = Field(examples=["filesystems"])
    title: str = Field(examples=["File systems"])
    rate: str = Field(description="`live`, `standard` or `slow`.", examples=["standard"])
    value: dict[str, JsonValue] | None = Field(description="Null when it was never read.")
    read_at: datetime | None = Field(description="When the value was read.")
    asked_at: datetime | None = Field(description="When the fact was last asked for.")
    trouble: str | None = Field(
        description="`absent`, `no_right`, `unparsable` or `timed_out`; null when it was read.",
        examples=["no_right"],
    )
    detail: str = Field(description="What happened.")
    fix: str = Field(description="What to do; empty when nothing is to be done.")
    trouble_since: datetime | None


class ServerFacts(Output):
    """All facts of a server, with its status as it is true now."""

    server_id: uuid.UUID
    status: ServerStatus
    reason: str
    reason_kind: str
    fix: str
    facts: list[FactRead]


class RunTrouble(Output):
    """A fact that a run could not read."""

    fact: str
    trouble: str
    detail: str
    fix: str


class RunRead(Output):
    """One cycle of one group on one server."""

    id: uuid.UUID
    server_id: uuid.UUID
    rate: str
    started_at: datetime
    seconds: float
    status: ServerStatus = Field(description="The server's status that came of it.")
    facts_read: int
    facts_failed: int
    samples: int
    error: str = Field(description="Why the server could not be asked; empty when it could.")
    troubles: list[RunTrouble]


class RunQuery(PageQuery):
    """Which runs."""

    rate: str = Field("", max_length=20, description="Only those of this group.")


class ServerProblem(Output):
    """Something that is wrong now."""

    severity: Severity
    kind: str = Field(examples=["unreachable"])
    server_id: uuid.UUID
    server_name: str
    resource_name: str = Field(description="The drive, pool or database; empty: the server itself.")
    alert_id: uuid.UUID | None = Field(description="The alert; null: the server's own status.")
    subject: str = Field(description="Which one of its kind, such as a mount point.")
    message: str
    fix: str
    since: datetime | None


class Spark(Output):
    """Processor use of the last hour; both lists have the same length."""

    times: list[int] = Field(description="Unix seconds.")
    percent: list[float]


class ServerTile(Output):
    """A server at a glance; null is what it did not tell."""

    id: uuid.UUID
    name: str
    is_local: bool
    status: ServerStatus
    reason: str
    reason_kind: str
    status_since: datetime | None
    last_seen_at: datetime | None
    os_name: str
    cpu_percent: float | None
    cpu_cores: int | None
    load1: float | None
    memory_percent: float | None
    memory_bytes: float | None
    swap_percent: float | None
    filesystem_percent: float | None = Field(description="Of the fullest file system.")
    filesystem_mountpoint: str
    temperature_celsius: float | None = Field(description="Of the hottest sensor.")
    uptime_seconds: float | None
    spark: Spark


class ChangeRead(Output):
    """A server's status became another one."""

    server_id: uuid.UUID
    server_name: str
    at: datetime
    was: ServerStatus
    status: ServerStatus
    reason: str


class Overview(Output):
    """What is wrong now, first; then all servers, the worst first."""

    problems: list[ServerProblem] = Field(description="The worst hundred, the oldest first.")
    problem_counts: dict[Severity, int] = Field(description="How many there are in all.")
    totals: dict[ServerStatus, int] = Field(description="Servers by status.")
    servers: list[ServerTile]
    changes: list[ChangeRead] = Field(description="Of the last 24 hours, the newest first.")
