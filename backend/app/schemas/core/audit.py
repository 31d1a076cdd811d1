"""Shapes of the audit log."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field, JsonValue

from app.models.core.audit_entry import AuditResult
from app.schemas.base import Input, Output
from app.schemas.core.text import Line


class ExportFormat(StrEnum):
    """In which form the log is taken away."""

    JSONL = "jsonl"
    CSV = "csv"


class AuditFilter(Input):
    """Which entries; all conditions must hold."""

    q: Line = Field("", max_length=200, description="Text in any part of an entry.")
    actor: Line = Field("", max_length=255, description="The exact name of who acted.")
    actor_id: uuid.UUID | None = Field(None, description="Entries of this user.")
    action: Line = Field("", max_length=80, description="Exact, or a beginning such as `user.`.")
    object_kind: Line = Field("", max_length=40, examples=["server"])
    object_id: uuid.UUID | None = Field(None, description="Entries about this thing.")
    resource_id: uuid.UUID | None = Field(None, description="Entries about this resource.")
    result: AuditResult | None = None
    since: AwareDatetime | None = Field(None, description="Not before this time.")
    until: AwareDatetime | None = Field(None, description="Before this time.")


class AuditQuery(AuditFilter):
    """A page of them, the newest first."""

    before: int | None = Field(None, ge=0, description="Go on below this `seq`: `next` of before.")
    limit: int = Field(50, ge=1, le=500)


class AuditExportQuery(AuditFilter):
    """All of them, as a file."""

    format: ExportFormat = ExportFormat.JSONL


class AuditEntryRead(Output):
    """Who did what, when, to which thing."""

    id: uuid.UUID
    seq: int = Field(description="The place in the chain, from 1.")
    at: datetime
    actor_kind: str = Field(examples=["user"])
    actor_name: str = Field(examples=["alice"])
    actor_id: uuid.UUID | None
    address: str | None = Field(examples=["192.0.2.10"])
    action: str = Field(examples=["server.created"])
    result: str = Field(description="`done` or `failed`.", examples=["done"])
    object_kind: str = Field(examples=["server"])
    object_id: uuid.UUID | None
    object_name: str = Field(examples=["nas"])
    resource_id: uuid.UUID | None
    request_id: str | None
    reason: str
    details: dict[str, JsonValue] = Field(
        description="Values of secret fields stand here as `hmac-sha256:…` only."
    )
    h: str = Field(description="The hash of this entry and all before it.")


class AuditPage(Output):
    """Some entries, and where to go on."""

    items: list[AuditEntryRead]
    next: int | None = Field(description="Ask again with `before` set to this; null: the end.")
    searched_to: int = Field(
        description="Entries down to this `seq` were searched: text is looked for in parts."
    )


class AuditFault(Output):
    """A place where the chain does not hold."""

    seq: int = Field(description="The entry at which it was noticed.")
    problem: str = Field(examples=["The entry was changed after it was written."])


class AuditVerification(Output):
    """What came of checking the whole chain."""

    is_intact: bool
    entries: int = Field(description="How many entries were read.")
    last_seq: int
    last_hash: str = Field(
        description="Note it elsewhere: a later check shows whether entries were cut off the end."
    )
    faults: list[AuditFault] = Field(description="The first hundred.")
