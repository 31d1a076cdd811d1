"""What came of asking: the newest readings of each server, the runs with their errors, the changes.

A standard cycle writes one row for each rate of facts, not one for each fact: thirty small rows a
server cost more than all parsing together.
"""

import uuid
from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class FactState(Row, Base):
    """The newest values of the facts of one rate of one server, and the newest troubles with them.

    Both are JSON texts: they are written by the serialiser that already ran, and nothing queries
    into them. A fact that failed keeps its old value; its trouble says how old that is.
    """

    __tablename__ = "fact_state"
    __table_args__ = (UniqueConstraint("server_id", "rate"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    rate: Mapped[str] = mapped_column(String(20))  # of the facts, not of the cycle
    asked_at: Mapped[datetime] = mapped_column()  # when the values were read
    readings: Mapped[str] = mapped_column(Text)  # {fact: value}
    troubles: Mapped[str] = mapped_column(Text)  # {fact: {trouble, detail, fix, since, read_at}}


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
    troubles: Mapped[str] = mapped_column(Text, default="{}")  # as in FactState, of this cycle


class StatusChange(Row, Base):
    """A server's status became another one."""

    __tablename__ = "status_change"
    __table_args__ = (Index("ix_status_change_server_at", "server_id", "at"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    at: Mapped[datetime] = mapped_column(index=True)
    was: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(1000), default="")


class ServerSummary(Row, Base):
    """The few numbers of a server that lists and tiles show, so that they parse no readings."""

    __tablename__ = "server_summary"

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE"), unique=True
    )
    at: Mapped[datetime] = mapped_column()
    cpu_percent: Mapped[float | None] = mapped_column(Float)
    cpu_cores: Mapped[int | None] = mapped_column()
    memory_percent: Mapped[float | None] = mapped_column(Float)
    memory_bytes: Mapped[float | None] = mapped_column(Float)
    swap_percent: Mapped[float | None] = mapped_column(Float)
    load1: Mapped[float | None] = mapped_column(Float)
    temperature_celsius: Mapped[float | None] = mapped_column(Float)  # the hottest
    filesystem_percent: Mapped[float | None] = mapped_column(Float)  # the fullest
    filesystem_mountpoint: Mapped[str] = mapped_column(String(500), default="")
    uptime_seconds: Mapped[float | None] = mapped_column(Float)
    os_name: Mapped[str] = mapped_column(String(200), default="")
    # The last counters, from which the next cycle makes the percentage.
    cpu_busy_seconds: Mapped[float | None] = mapped_column(Float)
    cpu_total_seconds: Mapped[float | None] = mapped_column(Float)
    # The processor use of the last hour: "unix-seconds:percent" with commas, oldest first.
    spark: Mapped[str] = mapped_column(Text, default="")
