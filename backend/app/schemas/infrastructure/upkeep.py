"""Self-tests and scrubs: what is planned, what was started and how it ended."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from app.models.infrastructure.storage_action import ActionKind, ActionState
from app.schemas.base import Output, PageQuery


class ScrubVerb(StrEnum):
    """What to do about a scrub; pausing is known to ZFS only."""

    SCRUB = "scrub"
    PAUSE = "pause"
    STOP = "stop"


class ActionQuery(PageQuery):
    """Which entries of the journal a list shows, the newest first."""

    resource_id: uuid.UUID | None = Field(None, description="Only those of this drive or pool.")
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")
    state: ActionState | None = Field(None, description="Only those in this state.")


class ActionRead(Output):
    """One self-test or scrub that was started."""

    id: uuid.UUID
    server_id: uuid.UUID
    server_name: str
    resource_id: uuid.UUID
    resource_kind: str = Field(description="`storage_device` or `storage_pool`.")
    resource_name: str
    kind: ActionKind
    command: str = Field(description="Exactly what was sent.", examples=["zpool scrub tank"])
    state: ActionState = Field(description="Only `failed` says something bad of the thing itself.")
    message: str
    errors: int | None
    percent: float | None
    requested_by: str
    started_at: datetime
    ended_at: datetime | None


class PlanRead(Output):
    """One schedule, and what it waits for."""

    server_id: uuid.UUID
    server_name: str
    resource_id: uuid.UUID
    resource_kind: str = Field(description="`storage_device` or `storage_pool`.")
    resource_name: str
    kind: ActionKind
    days: int
    hour: int | None
    last_at: datetime | None
    due_at: datetime
    is_due: bool
    is_overdue: bool = Field(description="Due for more than a week.")
    waits_for: str = Field(description="Why it does not begin, when it is due.")
    is_running: bool


class RootGrantRead(Output):
    """A right that a machine can give Unity as root."""

    code: str = Field(examples=["drives"])
    title: str
    unlocks: str = Field(description="What is known or done with it.")
    without: str = Field(description="What stays blind, or undone, without it.")
    changes: bool = Field(description="Whether its commands change something on the machine.")
    lines: list[str] = Field(description="The sudoers lines, each for one exact command.")


class PrivilegesRead(Output):
    """What root unlocks on a machine."""

    username: str
    sudo: str = Field(description="`none`, `passwordless` or `password`.")
    grants: list[RootGrantRead]
