"""AuditEntry: one line of the hash chain that says who did what."""

import uuid
from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class AuditEntry(Row, Base):
    """What was done, as hashed text; the other columns repeat parts of it for the search.

    There is no foreign key: an entry outlives all that it speaks of.
    """

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(unique=True)
    prev: Mapped[str] = mapped_column(String(64))
    h: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str] = mapped_column(Text)

    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_name: Mapped[str] = mapped_column(String(255), index=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(80), index=True)
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    object_name: Mapped[str] = mapped_column(String(255))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
