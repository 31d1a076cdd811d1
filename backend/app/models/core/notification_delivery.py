"""NotificationDelivery: the ledger, one row for each message and channel."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class DeliveryState(StrEnum):
    """Where a message is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


class DeliveryKind(StrEnum):
    """What a message is about."""

    FIRED = "fired"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    DIGEST = "digest"
    TEST = "test"
    SELF_TEST = "self_test"
    REPORT = "report"


# Neither sent nor given up: later messages of the same order wait for these.
OPEN = (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.RETRYING)


class NotificationDelivery(Row, Base):
    """The message as it goes out, word for word, so that each attempt sends the same.

    The id is also the idempotency key and the Message-ID. Messages of one `order_key` reach a
    channel in the order of `made_at` and id. `fence` counts the claims; only the newest counts.
    """

    __tablename__ = "notification_delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel_id"),
        Index("ix_notification_delivery_due", "state", "next_try_at"),
        Index("ix_notification_delivery_order", "channel_id", "order_key", "state"),
        Index("ix_notification_delivery_group", "order_key", "made_at"),
    )

    notification_id: Mapped[uuid.UUID] = mapped_column()
    channel_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("notification_channel.id", ondelete="SET NULL")
    )
    channel_name: Mapped[str] = mapped_column(String(80))
    route_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("notification_route.id", ondelete="SET NULL"), index=True
    )
    fallback_of: Mapped[uuid.UUID | None] = mapped_column()
    resource_id: Mapped[uuid.UUID | None] = mapped_column()
    order_key: Mapped[str] = mapped_column(String(260))
    kind: Mapped[DeliveryKind] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    state: Mapped[DeliveryState] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")  # of suppression or death
    attempts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(index=True)
    retried_at: Mapped[datetime] = mapped_column()  # when the patience began: made, or by hand
    first_tried_at: Mapped[datetime | None] = mapped_column()
    next_try_at: Mapped[datetime] = mapped_column()
    lease_until: Mapped[datetime | None] = mapped_column()
    fence: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column()
    fell_back_at: Mapped[datetime | None] = mapped_column()


class NotificationDeliveryAlert(Row, Base):
    """One alert that a message tells of."""

    __tablename__ = "notification_delivery_alert"

    delivery_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_delivery.id", ondelete="CASCADE"), index=True
    )
    alert_id: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))


class AttemptState(StrEnum):
    """What came of an attempt."""

    RUNNING = "running"
    DELIVERED = "delivered"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process died: the message may have arrived


class NotificationAttempt(Row, Base):
    """One attempt to send, with the receiver's answer and without secrets."""

    __tablename__ = "notification_attempt"

    delivery_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_delivery.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int] = mapped_column()
    state: Mapped[AttemptState] = mapped_column(String(20))
    worker: Mapped[str] = mapped_column(String(120))
    began_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    answer: Mapped[str] = mapped_column(String(500), default="")
