"""Event: something that happened, written with the change itself; the outbox and the feed."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class Event(Row, Base):
    """What happened, to whom it happened, and whether the other domains have heard of it.

    `data` holds the announcement's own fields; the handlers read it, the feed shows `summary`.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_waiting", "dispatched_at", "next_try_at"),
        Index("ix_event_feed", "at", "id"),
    )

    kind: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime] = mapped_column()
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column()
    actor_name: Mapped[str] = mapped_column(String(255))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource.id", ondelete="SET NULL"), index=True
    )
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[uuid.UUID | None] = mapped_column()
    object_name: Mapped[str] = mapped_column(String(255))
    summary: Mapped[str] = mapped_column(String(500))
    data: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    dispatched_at: Mapped[datetime | None] = mapped_column()
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column()
    error: Mapped[str] = mapped_column(String(500), default="")
