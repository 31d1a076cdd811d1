"""What came of asking: the newest reading of each fact group, and the runs with their errors."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class FactState(Row, Base):
    """The newest value of one fact of one server, and the newest trouble with it.

    A failed reading keeps the old value, whose `read_at` shows its age.
    """

    __tablename__ = "fact_state"
    __table_args__ = (UniqueConstraint("server_id", "fact"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    fact: Mapped[str] = mapped_column(String(60))
    value: Mapped[dict[str, JsonValue] | None] = mapped_column(JSON)
    read_at: Mapped[datetime | None] = mapped_column()  # when the value was read
    asked_at: Mapped[datetime] = mapped_column()  # when it was last asked for
    trouble: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(1000), default="")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    trouble_since: Mapped[datetime | None] = mapped_column()


class CollectionRun(Row, Base):
    """One cycle of one group on one server."""

    __tablename__ = "collection_run"
    __table_args__ = (Index("ix_collection_run_server_started", "server_id", "started_at"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    rate: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(index=True)
    seconds: Mapped[float] = mapped_column(Float)
    status: Mapped[str] = mapped_column(String(20))  # the server's status that came of it
    facts_read: Mapped[int] = mapped_column()
    facts_failed: Mapped[int] = mapped_column()
    samples: Mapped[int] = mapped_column()
    error: Mapped[str] = mapped_column(String(1000), default="")
    # {fact: {"trouble": …, "detail": …}} of the facts that failed; empty for a clean cycle.
    troubles: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)
