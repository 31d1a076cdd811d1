"""Servers: what a person enters, edits and reads."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.models.infrastructure.monitored_server import ServerStatus, SudoMode
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.resource import GroupName, Tag
from app.schemas.credentials.names import Name, Username
from app.schemas.infrastructure.address import HostName, Port

_MIN_INTERVAL_SECONDS = 2


def check_fingerprint(text: str) -> str:
    """Return the fingerprint, or raise `ValueError` with the reason."""
    if not text.startswith("SHA256:"):
        raise ValueError("A fingerprint is written as `ssh-keygen -l` prints it: SHA256:…")
    return text


Fingerprint = Annotated[
    str,
    Field(
        min_length=10,
        max_length=80,
        examples=["SHA256:uNiVztksCsDhcc0u9e8BrqFXFt9vUhbGGJWqHrkjfvM"],
        description="As `ssh-keygen -l` prints it.",
    ),
    AfterValidator(check_fingerprint),
]
Interval = Annotated[
    float | None,
    Field(
        ge=_MIN_INTERVAL_SECONDS,
        le=86_400,
        description="Seconds between two collections; null means the setting.",
    ),
]


class ApprovedHostKey(Input):
    """The host key that a person compared and approved."""

    public: str = Field(
        min_length=16,
        max_length=8192,
        description="The key as the probe returned it: `ssh-ed25519 AAAA…`.",
        examples=[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGT0m5lGfEf0Hs1r5Bv1Zk2p8W0qkq5D7m4u1Yw1nNf2"
        ],
    )
    fingerprint: Fingerprint


class ServerCreate(Input):
    """A machine to enter."""

    name: Name
    host: HostName
    port: Port = 22
    username: Username
    ssh_key_id: uuid.UUID | None = Field(None, description="The key to log in with.")
    credential_id: uuid.UUID | None = Field(None, description="The password login to use.")
    jump_server_id: uuid.UUID | None = Field(None, description="Reach it through this server.")
    sudo: SudoMode = Field(SudoMode.NONE, description="How commands that want root are run.")
    sudo_credential_id: uuid.UUID | None = Field(
        None, description="Whose password sudo gets; null means that of the login."
    )
    interval_seconds: Interval = None
    notes: str = Field("", max_length=10_000)
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    groups: list[GroupName] = Field(default_factory=list, max_length=50)
    host_key: ApprovedHostKey | None = Field(
        None, description="The approved host key; without it the first contact waits for approval."
    )
    is_enabled: bool = Field(default=True, description="Whether it is collected.")


class ServerEdit(Input):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    host: HostName | None = None
    port: Port | None = None
    username: Username | None = None
    ssh_key_id: uuid.UUID | None = None
    credential_id: uuid.UUID | None = None
    jump_server_id: uuid.UUID | None = None
    sudo: SudoMode | None = None
    sudo_credential_id: uuid.UUID | None = None
    interval_seconds: Interval = None
    notes: str | None = Field(None, max_length=10_000)
    tags: list[Tag] | None = Field(None, max_length=50)
    groups: list[GroupName] | None = Field(None, max_length=50)
    row_version: int | None = Field(
        None, description="The `row_version` that was read; refused when somebody edited since."
    )


class ServerQuery(PageQuery):
    """Which servers a list shows."""

    status: ServerStatus | None = Field(None, description="Only those in this state.")
    tag: str = Field("", max_length=60, description="Only those with this tag.")
    group: str = Field("", max_length=60, description="Only members of the group of this name.")


class ServerRead(Output):
    """A server as people see it."""

    id: uuid.UUID
    name: str
    host: str
    port: int
    username: str
    is_local: bool
    is_enabled: bool
    ssh_key_id: uuid.UUID | None
    ssh_key_name: str | None
    credential_id: uuid.UUID | None
    credential_name: str | None
    jump_server_id: uuid.UUID | None
    jump_server_name: str | None
    sudo: SudoMode
    sudo_credential_id: uuid.UUID | None
    interval_seconds: float | None
    notes: str
    tags: list[str]
    groups: list[str]
    status: ServerStatus
    reason: str = Field(description="Why it is in this state, in words.")
    reason_kind: str
    fix: str = Field(description="What to do about it; empty when nothing is wrong.")
    status_since: datetime | None
    last_seen_at: datetime | None
    last_attempt_at: datetime | None
    next_due_at: datetime | None
    row_version: int
    created_at: datetime
    updated_at: datetime


class DeletePlan(Output):
    """What goes with a server, and what stands in the way."""

    server_id: uuid.UUID
    name: str
    can_delete: bool
    obstacles: list[str] = Field(description="What has to be done before.")
    goes: list["PlannedLoss"]
    ends: list[str] = Field(
        description="The alerts that fire now, of the server and of what is on it: they end with"
        " it, and who was told of them is told that."
    )
    stays: list[str] = Field(description="What is not touched, above all on the machine itself.")


class PlannedLoss(Output):
    """One kind of thing that is deleted with the server."""

    what: str
    count: int


DeletePlan.model_rebuild()
