"""EventDelivery: one event on its way to one handler, with the mark that it was handled."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class EventDelivery(Row, Base):
    """What one handler owes one event. A failing handler repeats nothing of the others.

    `handled_at` is set in the transaction of the handler itself. `fence` counts the claims: only
    the newest claim may handle. `parked_at` is set when it failed too often; a person retries it.
    """

    __tablename__ = "event_delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "handler"),
        Index("ix_event_delivery_waiting", "handled_at", "parked_at", "event_id"),
        Index("ix_event_delivery_lane", "handler", "lane", "event_id"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    handler: Mapped[str] = mapped_column(String(80))
    lane: Mapped[uuid.UUID] = mapped_column()
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column()
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column()
    handled_at: Mapped[datetime | None] = mapped_column()
    parked_at: Mapped[datetime | None] = mapped_column()
    error: Mapped[str] = mapped_column(String(500), default="")
