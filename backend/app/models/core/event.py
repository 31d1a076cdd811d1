"""Event: something that happened, written with the change itself; the outbox and the feed."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class Event(Row, Base):
    """What happened, to whom it happened, and whether it was handed to those who listen.

    `data` holds the announcement's own fields; the handlers read it, the feed shows `summary`.
    `lane` keeps the order: events of one lane are told in the order of their ids.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_waiting", "dispatched_at", "id"),
        Index("ix_event_resource", "resource_id", "id"),
        Index("ix_event_object", "object_id", "id"),
    )

    kind: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column()
    actor_name: Mapped[str] = mapped_column(String(255))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource.id", ondelete="SET NULL")
    )
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[uuid.UUID | None] = mapped_column()
    object_name: Mapped[str] = mapped_column(String(255))
    summary: Mapped[str] = mapped_column(String(500))
    data: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    lane: Mapped[uuid.UUID] = mapped_column()
    dispatched_at: Mapped[datetime | None] = mapped_column()
