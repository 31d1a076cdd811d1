"""Alert: something wrong with a resource, from its first sight to its end."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class AlertState(StrEnum):
    """How far an alert is."""

    PENDING = "pending"  # seen, but not long enough to tell anybody
    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(Row, Base):
    """One condition on one resource; `subject` tells apart several of a kind (a mount point)."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_open", "resource_id", "state"),)

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[AlertState] = mapped_column(String(20), index=True)
    message: Mapped[str] = mapped_column(String(1000))
    fix: Mapped[str] = mapped_column(String(1000), default="")
    seen: Mapped[int] = mapped_column(default=1)  # cycles in a row that saw it
    began_at: Mapped[datetime] = mapped_column()
    fired_at: Mapped[datetime | None] = mapped_column()
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)


class DeliveryState(StrEnum):
    """Whether a message went out."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class AlertMessage(Row, Base):
    """The outbox: a message about an alert, written in the transaction that changed the alert."""

    __tablename__ = "alert_message"
    __table_args__ = (Index("ix_alert_message_due", "state", "next_try_at"),)

    alert_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(20))  # firing | resolved
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column()
    state: Mapped[DeliveryState] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column()
    sent_at: Mapped[datetime | None] = mapped_column()
    error: Mapped[str] = mapped_column(String(500), default="")
