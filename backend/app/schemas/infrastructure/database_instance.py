"""Databases: the list, one of them with its numbers, its login, and the script that makes one."""

import uuid
from datetime import datetime

from pydantic import Field

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState, LoginMode
from app.schemas.base import Input, Output, PageQuery


class DatabaseQuery(PageQuery):
    """Which databases a list shows."""

    kind: DatabaseKind | None = Field(None, description="Only those of this engine.")
    state: DatabaseState | None = Field(None, description="Only those in this state.")
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")


class DatabaseRead(Output):
    """A database as lists show it."""

    id: uuid.UUID
    server_id: uuid.UUID
    server_name: str
    server_status: str = Field(
        description="Of its server: while that is not online, what is here is what was last seen."
    )
    kind: DatabaseKind
    name: str = Field(examples=["PostgreSQL :5432"])
    version: str
    port: int | None
    container: str = Field(description="The beginning of its container's id; empty for none.")
    state: DatabaseState
    reason_kind: str = Field(examples=["wants_login"])
    reason: str
    fix: str
    state_since: datetime | None
    role: str = Field(description="primary, standby, replica, standalone …, as it says itself.")
    size_bytes: int | None
    connections_percent: float | None
    lag_seconds: float | None
    login: LoginMode
    first_seen_at: datetime
    last_seen_at: datetime
    last_read_at: datetime | None
    missing_since: datetime | None


class FigureRead(Output):
    """One number, or why there is none."""

    key: str = Field(examples=["connections_used_percent"])
    title: str
    group: str
    unit: str
    value: float | None = Field(description="As the engine counts; a counter is not yet a rate.")
    why: str = Field(description="Why there is no value.")
    labels: dict[str, str]
    metric: str = Field(description="Its name at `/api/metrics/query`.")
    is_counter: bool


class TableColumnRead(Output):
    """A column of a table."""

    key: str
    title: str
    unit: str


class TableRead(Output):
    """Rows for people: the largest databases, the slowest queries; or why there are none."""

    key: str
    title: str
    columns: list[TableColumnRead]
    rows: list[list[str | float | int | bool | None]]
    why: str


class StandsOnRead(Output):
    """Something that a database stands on."""

    id: uuid.UUID
    kind: str
    name: str


class DatabaseDetail(DatabaseRead):
    """A database with everything that is known of it."""

    doors: list[str] = Field(description="Where it answers, as its machine sees it.")
    data_path: str = Field(description="The folder of its data, as it names it.")
    host_path: str = Field(description="The same folder as its machine names it.")
    mountpoint: str
    notes: list[str] = Field(description="What more rights on the machine would show.")
    stands_on: list[StandsOnRead] = Field(description="From its file system down to the drives.")
    credential_id: uuid.UUID | None
    login_user: str
    login_database: str
    refusals: int = Field(description="How often this login was refused; after two it rests.")
    figures: list[FigureRead]
    tables: list[TableRead]
    problems: list[str]


class DatabaseSummary(Output):
    """The databases by state."""

    total: int
    states: dict[str, int]
    kinds: dict[str, int]
    size_bytes: int


class DatabaseLoginEdit(Input):
    """How Unity is to log in."""

    mode: LoginMode = Field(
        description="`credential`: a stored login; `socket`: over its unix socket as the account"
        " of the server; `none`: without a name."
    )
    credential_id: uuid.UUID | None = Field(None, description="For `credential`.")
    user: str = Field("", max_length=64, description="For `socket`; empty: the server's account.")
    database: str = Field(
        "", max_length=64, description="Which database to connect to; empty: the usual one."
    )


class LoginScriptRead(Output):
    """The script that makes a login which may only read. Unity never runs it."""

    language: str
    run_with: str = Field(examples=["sudo -u postgres psql"])
    text: str
    without_password: str = Field(description="The same by unix socket, where that is possible.")
    unlocks: list[str] = Field(description="What each right in it opens.")
