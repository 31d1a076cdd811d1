"""HealthReport: a mail about the week, planned; and each one that was made, word for word."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row, Timestamps


class ReportCause(StrEnum):
    """Why a report was made."""

    SCHEDULE = "schedule"
    PERSON = "person"


class HealthReport(Row, Timestamps, Base):
    """One report that comes every week. Without a group it is about everything.

    A report of a group goes with its group: about everything it must never become by itself.
    """

    __tablename__ = "health_report"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    group_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource_group.id", ondelete="CASCADE"), index=True
    )
    is_enabled: Mapped[bool] = mapped_column(default=True)
    weekday: Mapped[int] = mapped_column()  # 0 is Monday
    clock: Mapped[str] = mapped_column(String(5))  # on the wall of the zone: 07:30
    zone: Mapped[str] = mapped_column(String(64))
    # None while it is switched off; set by each change and each report that was made.
    next_at: Mapped[datetime | None] = mapped_column(index=True)


class HealthReportChannel(Row, Base):
    """One channel that a report goes to."""

    __tablename__ = "health_report_channel"
    __table_args__ = (UniqueConstraint("report_id", "channel_id"),)

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("health_report.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_channel.id", ondelete="CASCADE"), index=True
    )


class ReportIssue(Row, Base):
    """One report as it was sent. The name is kept, because the list outlives what was planned."""

    __tablename__ = "report_issue"
    __table_args__ = (Index("ix_report_issue_made", "made_at"),)

    report_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("health_report.id", ondelete="SET NULL"), index=True
    )
    report_name: Mapped[str] = mapped_column(String(80))
    group_name: Mapped[str] = mapped_column(String(60), default="")
    cause: Mapped[ReportCause] = mapped_column(String(20))
    requested_by: Mapped[str] = mapped_column(String(120), default="")
    made_at: Mapped[datetime] = mapped_column()
    began_at: Mapped[datetime] = mapped_column()  # of the week that it is about
    ended_at: Mapped[datetime] = mapped_column()
    title: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    counts: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)
    channels: Mapped[list[str]] = mapped_column(JSON, default=list)  # their names at that time
