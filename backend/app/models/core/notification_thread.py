"""NotificationThread: an alert on its way through one route; NotificationNotice: what it says."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class ThreadState(StrEnum):
    """How the alert stands, as far as those who were told know."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class NoticeKind(StrEnum):
    """What is to be said about an alert."""

    FIRED = "fired"
    REPEATED = "repeated"  # it still fires, and nobody has acknowledged it
    ESCALATED = "escalated"  # the same, to further channels
    RESOLVED = "resolved"


class NotificationThread(Row, Base):
    """Decides when to repeat and escalate. The alert itself may be gone; `alert` is a copy."""

    __tablename__ = "notification_thread"
    __table_args__ = (UniqueConstraint("alert_id", "route_id"),)

    alert_id: Mapped[uuid.UUID] = mapped_column()
    route_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_route.id", ondelete="CASCADE"), index=True
    )
    resource_id: Mapped[uuid.UUID | None] = mapped_column()
    group_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[ThreadState] = mapped_column(String(20))
    alert: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(index=True)
    repeat_at: Mapped[datetime | None] = mapped_column(index=True)
    escalate_at: Mapped[datetime | None] = mapped_column(index=True)


class NotificationNotice(Row, Base):
    """Something that waits to be put into a message: for its group, a digest, or the morning."""

    __tablename__ = "notification_notice"
    __table_args__ = (Index("ix_notification_notice_group", "route_id", "group_key"),)

    thread_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_thread.id", ondelete="CASCADE"), index=True
    )
    route_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_route.id", ondelete="CASCADE")
    )
    resource_id: Mapped[uuid.UUID | None] = mapped_column()
    group_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[NoticeKind] = mapped_column(String(20))
    alert: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column()
    due_at: Mapped[datetime] = mapped_column(index=True)
    waits_for: Mapped[str] = mapped_column(String(40))  # group | digest | quiet hours; empty: none
