"""AuditEntry: one line of the hash chain that says who did what."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class AuditResult(StrEnum):
    """What came of it."""

    DONE = "done"
    FAILED = "failed"


class AuditEntry(Row, Base):
    """What was done, as hashed text; the other columns repeat parts of it for the search.

    There is no foreign key: an entry outlives all that it speaks of.
    """

    __tablename__ = "audit_entry"
    # Each filter of the search ends in the order of the pages.
    __table_args__ = (
        Index("ix_audit_entry_at_seq", "at", "seq"),
        Index("ix_audit_entry_actor_name_seq", "actor_name", "seq"),
        Index("ix_audit_entry_actor_id_seq", "actor_id", "seq"),
        Index("ix_audit_entry_action_seq", "action", "seq"),
        Index("ix_audit_entry_object_id_seq", "object_id", "seq"),
        Index("ix_audit_entry_resource_id_seq", "resource_id", "seq"),
        Index("ix_audit_entry_result_seq", "result", "seq"),
    )

    seq: Mapped[int] = mapped_column(unique=True)
    prev: Mapped[str] = mapped_column(String(64))
    h: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str] = mapped_column(Text)

    at: Mapped[datetime] = mapped_column()
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_name: Mapped[str] = mapped_column(String(255))
    actor_id: Mapped[uuid.UUID | None] = mapped_column()
    action: Mapped[str] = mapped_column(String(80))
    result: Mapped[str] = mapped_column(String(10), default=AuditResult.DONE)
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[uuid.UUID | None] = mapped_column()
    object_name: Mapped[str] = mapped_column(String(255))
    resource_id: Mapped[uuid.UUID | None] = mapped_column()
    request_id: Mapped[str | None] = mapped_column(String(64))
