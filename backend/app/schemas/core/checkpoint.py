"""Shapes of the checkpoints of the audit log, and of the places that keep them."""

import uuid
from datetime import datetime

from pydantic import Field

from app.models.core.audit_sink import CheckpointState, SinkKind
from app.schemas.base import Input, Output
from app.schemas.core.text import Line


class CheckpointRead(Output):
    """A signed statement of where the audit log stood."""

    seq: int
    hash: str
    count: int
    at: datetime
    key: str = Field(description="The name of the key that signed it.")
    line: str = Field(description="The whole statement with its signature, as it is sent out.")
    sent: int = Field(description="How many places have it.")
    waiting: int = Field(description="How many places it is on its way to.")
    failed: int = Field(description="How many places it was given up for.")


class SigningKeyRead(Output):
    """The public half of a key that signs checkpoints."""

    name: str
    public: str = Field(description="Base64 of the 32 bytes of Ed25519.")
    created_at: datetime


class CheckpointStatus(Output):
    """Whether the audit log is attested, and whether that is known elsewhere."""

    checkpoints: list[CheckpointRead] = Field(description="The last fifty, the newest first.")
    keys: list[SigningKeyRead]
    entries_since: int = Field(description="Entries that no checkpoint covers yet.")
    every_entries: int
    every_seconds: float


class SinkWrite(Input):
    """A place that keeps checkpoints."""

    name: Line = Field(min_length=1, max_length=80, examples=["Log host"])
    kind: SinkKind
    target: Line = Field(
        min_length=1,
        max_length=1000,
        description="A path, host:port, or a URL, as the kind wants it.",
        examples=["/var/log/unity-checkpoints.jsonl"],
    )
    is_enabled: bool = True


class SinkRead(Output):
    """A place that keeps checkpoints, and how the last deliveries went."""

    id: uuid.UUID
    name: str
    kind: SinkKind
    target: str
    is_enabled: bool
    state: CheckpointState | None = Field(description="Of the newest checkpoint; null: none yet.")
    last_sent_at: datetime | None
    waiting: int
    failed: int = Field(description="Checkpoints that were given up; `retry` takes them up again.")
    error: str = Field(description="Why the newest that is missing has not arrived.")


class Retried(Output):
    """How many deliveries were taken up again."""

    retried: int
