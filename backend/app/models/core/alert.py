"""Alert: one incident, from the first sight of something wrong to its end."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class AlertState(StrEnum):
    """How far an alert is."""

    PENDING = "pending"  # seen, but not long enough to tell anybody
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"  # it goes on, and somebody has taken it on
    RESOLVED = "resolved"


# What has been told and is not over.
ACTIVE = (AlertState.FIRING, AlertState.ACKNOWLEDGED)
OPEN = (AlertState.PENDING, *ACTIVE)


class Severity(StrEnum):
    """How much it matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Row, Base):
    """One incident: a condition on one resource, told once and resolved once.

    `subject` tells apart several of a kind on one resource (a mount point, a unit); `fingerprint`
    is the same for every incident of one rule, resource and set of labels. What a person did to
    it (acknowledged, snoozed) and what keeps it quiet (`muted_by`, `cause_id`) stands here too;
    what the engine remembers to judge the next sample is an `AlertInstance`.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_open", "resource_id", "state"),
        Index("ix_alert_history", "fingerprint", "began_at"),
    )

    rule_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("alert_rule.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[str] = mapped_column(String(60))
    domain: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(500), default="")
    fingerprint: Mapped[str] = mapped_column(String(64))
    severity: Mapped[Severity] = mapped_column(String(20), index=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    title: Mapped[str] = mapped_column(String(300))
    message: Mapped[str] = mapped_column(String(1000))
    fix: Mapped[str] = mapped_column(String(1000), default="")
    value: Mapped[float | None] = mapped_column()
    unit: Mapped[str] = mapped_column(String(40), default="")
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    runbook: Mapped[str] = mapped_column(String(500), default="")  # a page's slug, or a URL
    state: Mapped[AlertState] = mapped_column(String(20), index=True)
    began_at: Mapped[datetime] = mapped_column()
    fired_at: Mapped[datetime | None] = mapped_column()
    acknowledged_at: Mapped[datetime | None] = mapped_column()
    acknowledged_by: Mapped[str] = mapped_column(String(255), default="")
    acknowledged_note: Mapped[str] = mapped_column(String(1000), default="")
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    snoozed_until: Mapped[datetime | None] = mapped_column()
    is_flapping: Mapped[bool] = mapped_column(default=False)
    muted_by: Mapped[str] = mapped_column(String(300), default="")  # empty: it is told
    cause_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("alert.id", ondelete="SET NULL"), index=True
    )
