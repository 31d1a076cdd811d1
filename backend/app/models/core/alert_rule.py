"""AlertRule and AlertInstance: what is watched for, and what is remembered while watching."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row, Timestamps
from app.models.core.alert import Severity


class AlertRule(Row, Timestamps, Base):
    """When something is wrong. schemas/core/alert_rule.py has the shapes of the JSON columns.

    A built-in rule has a `key`, and its id follows from the key, so that every process knows it.
    `title`, `over`, `message` and `fix` are words with {name}, {subject}, {rule}, {value} and
    {level} in them; where one is empty, the engine has its own words.
    """

    __tablename__ = "alert_rule"

    key: Mapped[str | None] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(60), index=True)  # that of its alerts
    domain: Mapped[str] = mapped_column(String(40))
    severity: Mapped[Severity] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200), default="")
    over: Mapped[str] = mapped_column(String(200), default="")
    message: Mapped[str] = mapped_column(String(500), default="")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    definition: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    scope: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)
    overrides: Mapped[list[JsonValue]] = mapped_column(JSON, default=list)
    for_seconds: Mapped[int] = mapped_column(default=0)
    for_samples: Mapped[int] = mapped_column(default=1)  # at least so many looks in a row saw it
    clear_seconds: Mapped[int] = mapped_column(default=0)
    cooldown_seconds: Mapped[int] = mapped_column(default=0)
    flap_changes: Mapped[int] = mapped_column(default=5)  # 0: never called flapping
    flap_seconds: Mapped[int] = mapped_column(default=3600)
    runbook: Mapped[str] = mapped_column(String(500), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    muted_until: Mapped[datetime | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)


class Phase(StrEnum):
    """Where the machine of one instance stands."""

    IDLE = "idle"
    PENDING = "pending"
    FIRING = "firing"


class AlertInstance(Row, Base):
    """The machine's memory of one rule on one resource and one subject or set of labels.

    A row exists only while there is something to remember: nothing is stored for what is well.
    `version` is compared and swapped, so that two workers never both change it.
    """

    __tablename__ = "alert_instance"
    __table_args__ = (
        Index("ix_alert_instance_resource", "resource_id", "rule_id"),
        Index("ix_alert_instance_due", "due_at"),
    )

    rule_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("alert_rule.id", ondelete="CASCADE"), index=True
    )
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str] = mapped_column(String(500), default="")
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    phase: Mapped[Phase] = mapped_column(String(20), default=Phase.IDLE)
    since: Mapped[datetime | None] = mapped_column()  # when what goes on now was first seen
    seen: Mapped[int] = mapped_column(default=0)  # how many looks in a row saw it
    clear_since: Mapped[datetime | None] = mapped_column()  # it fires, but is well since then
    last_at: Mapped[datetime | None] = mapped_column()  # the newest sample that was judged
    last_value: Mapped[float | None] = mapped_column()
    cool_until: Mapped[datetime | None] = mapped_column()
    changes: Mapped[list[float]] = mapped_column(JSON, default=list)  # seconds since 1970
    is_flapping: Mapped[bool] = mapped_column(default=False)
    alert_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("alert.id", ondelete="SET NULL"), index=True
    )
    due_at: Mapped[datetime | None] = mapped_column()  # when time alone may change something
    version: Mapped[int] = mapped_column(default=0)
