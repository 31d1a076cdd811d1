"""Jobs and their runs."""

import uuid
from datetime import datetime

from pydantic import Field

from app.kernel.errors import JsonValue
from app.models.core.job_run import JobState
from app.schemas.base import Input, Output, PageQuery

_TRIGGER = (
    "`every 5m` (d, h, m, s) or `cron 30 3 * * 1-5` (minute hour day month weekday); "
    "empty: only on demand."
)


class JobRead(Output):
    """A job and when it runs."""

    name: str = Field(examples=["core.history"])
    title: str = Field(examples=["Drop the history of old runs"])
    trigger: str = Field(description=_TRIGGER, examples=["every 5m"])
    default_trigger: str = Field(description="The schedule it comes with.", examples=["every 5m"])
    is_paused: bool
    last_fired_at: datetime | None
    next_fire_at: datetime | None = Field(
        description="None when it is paused, on demand only, or has just been changed."
    )


class JobChange(Input):
    """Another schedule for a job."""

    trigger: str | None = Field(
        max_length=120,
        description="`every 5m` or `cron 30 3 * * 1-5`; null goes back to the default.",
        examples=["every 10m"],
    )


class JobRunQuery(PageQuery):
    """Which runs a list shows."""

    name: str = Field("", max_length=80, description="Only runs of the job of this name.")
    state: JobState | None = Field(None, description="Only runs in this state.")


class JobRunRead(Output):
    """One run of a job."""

    id: uuid.UUID
    name: str = Field(examples=["core.history"])
    arguments: dict[str, JsonValue] = Field(description="Ids and plain values, never secrets.")
    state: JobState
    requested_by: str = Field(description="Who asked for it; `schedule` is the clock.")
    attempt: int = Field(description="How often it was started.")
    is_cancel_requested: bool
    progress_done: int
    progress_total: int = Field(description="0 when the job does not tell.")
    progress_note: str
    result: dict[str, JsonValue] | None
    error: str = Field(description="Why it failed, in a sentence; empty otherwise.")
    enqueued_at: datetime
    run_at: datetime = Field(description="It does not start before.")
    started_at: datetime | None
    finished_at: datetime | None
