"""Instances of plugins: what a person enters, how they have been, what they brought."""

import uuid
from datetime import datetime

from pydantic import Field, SecretStr

from app.kernel.errors import JsonValue
from app.schemas.base import Output, PageQuery
from app.schemas.core.text import Line, SecretInput


class InstanceWrite(SecretInput):
    """An instance as a person enters it."""

    name: Line = Field(min_length=1, max_length=120, examples=["Pi-hole upstairs"])
    plugin: str = Field(max_length=40, examples=["http_check"])
    server_id: uuid.UUID | None = Field(None, description="The server that it belongs to.")
    settings: dict[str, JsonValue] = Field(
        default_factory=dict, description="The fields of the form that are no secrets."
    )
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='The secret fields. One that is left out stays as it is, "" takes it away.',
        json_schema_extra={"format": "password"},
    )
    is_enabled: bool = Field(default=True, description="Whether it runs by itself.")
    every_seconds: int | None = Field(
        None, ge=10, le=86_400, description="How often it runs; null: as the plugin wants."
    )


class InstanceTry(InstanceWrite):
    """A configuration that is tried before it is saved."""

    instance_id: uuid.UUID | None = Field(
        None, description="The instance whose stored secrets are used where none is sent."
    )


class InstanceQuery(PageQuery):
    """Which instances are wanted."""

    plugin: str = Field("", max_length=40, description="Only of this plugin.")
    state: str = Field(
        "", max_length=20, description="Only in this state: new, ok, failing, broken or off."
    )
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")


class InstanceRead(Output):
    """An instance in a list."""

    id: uuid.UUID = Field(description="Also the id of its resource: for series, alerts, groups.")
    name: str
    plugin: str
    plugin_title: str
    server_id: uuid.UUID | None
    server_name: str | None
    is_enabled: bool
    every_seconds: int
    state: str = Field(description="new, ok, failing, broken (the plugin is at fault) or off")
    problem: str
    problem_kind: str
    fix: str
    summary: str
    failures: int = Field(description="Runs in a row that failed.")
    last_run_at: datetime | None
    last_ok_at: datetime | None
    next_due_at: datetime | None
    took_ms: int


class PluginFact(Output):
    """Something worth knowing that is no series."""

    key: str
    label: str
    value: str | int | float | bool | None
    unit: str


class PluginPageName(Output):
    """A page of data that can be asked for."""

    key: str
    title: str


class InstanceDetail(InstanceRead):
    """An instance with its configuration; secrets are never shown again."""

    settings: dict[str, JsonValue]
    secrets_set: list[str] = Field(description="Names of the secret fields that hold something.")
    facts: list[PluginFact]
    pages: list[PluginPageName]
    created_at: datetime
    updated_at: datetime


class FieldFaultRead(Output):
    """A field that is not filled rightly."""

    field: str
    detail: str


class InstanceTrial(Output):
    """What came of trying a configuration."""

    ok: bool
    kind: str = Field(description="ok, or what kind of failure it was")
    detail: str
    fix: str
    milliseconds: int
    faults: list[FieldFaultRead]
    log: list[str] = Field(description="What the plugin wrote meanwhile.")


class InstanceRun(Output):
    """One run, and what came of it."""

    id: uuid.UUID
    began_at: datetime
    took_ms: int
    outcome: str = Field(description="ok, or what kind of failure it was")
    detail: str
    samples: int = Field(description="Numbers that were stored.")
    rejected: int = Field(description="Numbers that were not: no number, or too many series.")
    by: str


class InstanceLogLine(Output):
    """A line that the plugin wrote."""

    id: uuid.UUID
    at: datetime
    level: str
    text: str


class PluginColumn(Output):
    """One column of a table."""

    key: str
    title: str
    kind: str = Field(description="text, number, bytes, percent, seconds, time, status or link")
    unit: str


class PluginTable(Output):
    """Rows of cells in the order of the columns."""

    title: str
    columns: list[PluginColumn]
    rows: list[list[str | int | float | bool | None]]
    empty: str


class PluginCard(Output):
    """One figure with its words."""

    title: str
    value: str | int | float | bool | None
    kind: str
    unit: str
    note: str
    status: str = Field(description="ok, warning, critical, unknown, or nothing")


class PluginPageRead(Output):
    """A page of data, as the last run brought it."""

    key: str
    title: str
    at: datetime
    note: str
    cards: list[PluginCard]
    tables: list[PluginTable]


class PluginJob(Output):
    """Work that was queued."""

    run_id: uuid.UUID = Field(description="Follow it under /api/jobs/runs.")
