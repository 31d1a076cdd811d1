"""Shapes of the audit log."""

import uuid
from datetime import datetime

from pydantic import AwareDatetime, Field, JsonValue

from app.schemas.base import Output, PageQuery
from app.schemas.core.text import Line


class AuditQuery(PageQuery):
    """Which entries; `q` searches the names of actors and objects, and actions."""

    action: Line = Field("", max_length=80, description="Exact, or a beginning such as `user.`.")
    actor_id: uuid.UUID | None = Field(None, description="Entries of this user.")
    object_id: uuid.UUID | None = Field(None, description="Entries about this thing.")
    resource_id: uuid.UUID | None = Field(None, description="Entries about this resource.")
    since: AwareDatetime | None = Field(None, description="Not before this time.")
    until: AwareDatetime | None = Field(None, description="Before this time.")


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
