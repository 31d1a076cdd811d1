"""AlertSilence and AlertWindow: what people want to hear nothing of, and when."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row, Timestamps


class AlertSilence(Row, Timestamps, Base):
    """From a time to a time, nobody is told of the alerts that fit all matchers.

    schemas/core/silence.py has the shape of a matcher.
    """

    __tablename__ = "alert_silence"

    matchers: Mapped[list[JsonValue]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    author_name: Mapped[str] = mapped_column(String(255))
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column(index=True)
    ended_by: Mapped[str] = mapped_column(String(255), default="")  # who lifted it early


class AlertWindow(Row, Timestamps, Base):
    """A maintenance window: once, or again and again by a rule of RFC 5545.

    `start` is what the wall clock of the zone shows, as text, because it is no instant.
    """

    __tablename__ = "alert_window"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    zone: Mapped[str] = mapped_column(String(60))
    start: Mapped[str] = mapped_column(String(16))  # 2026-03-29T02:30
    duration_seconds: Mapped[int] = mapped_column()
    rule: Mapped[str] = mapped_column(String(300), default="")  # empty: once
    matchers: Mapped[list[JsonValue]] = mapped_column(JSON)  # empty: everything
    reason: Mapped[str] = mapped_column(String(500), default="")
    author_name: Mapped[str] = mapped_column(String(255))
