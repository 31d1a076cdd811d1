"""AuditSink: a place outside of the database that keeps the checkpoints of the audit log."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class SinkKind(StrEnum):
    """How a checkpoint gets there."""

    FILE = "file"
    SYSLOG_UDP = "syslog_udp"
    SYSLOG_TCP = "syslog_tcp"
    SYSLOG_TLS = "syslog_tls"
    WEBHOOK = "webhook"


class AuditSink(Row, Timestamps, Base):
    """One place. `target` is a path, `host:port`, or an address."""

    __tablename__ = "audit_sink"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(1000))
    is_enabled: Mapped[bool] = mapped_column(default=True)


class CheckpointState(StrEnum):
    """Whether a checkpoint has arrived."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class CheckpointDelivery(Row, Base):
    """One checkpoint on its way to one sink."""

    __tablename__ = "checkpoint_delivery"
    __table_args__ = (
        UniqueConstraint("sink_id", "checkpoint_id"),
        Index("ix_checkpoint_delivery_due", "state", "next_try_at"),
    )

    sink_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_sink.id", ondelete="CASCADE"))
    checkpoint_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("audit_checkpoint.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(20), default=CheckpointState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column()
    sent_at: Mapped[datetime | None] = mapped_column()
    error: Mapped[str] = mapped_column(String(500), default="")
