"""Filesystem: a place where a machine keeps files, and what it lies on."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class Filesystem(Row, Timestamps, Base):
    """One mounted file system. Its id is the id of its `Resource`.

    Its measurements are series of the server with the label `mountpoint`, as node_exporter has
    them; this row is what the topology, the forecasts and the alerts point at.
    """

    __tablename__ = "filesystem"
    __table_args__ = (UniqueConstraint("server_id", "mountpoint"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    mountpoint: Mapped[str] = mapped_column(String(1000))
    device: Mapped[str] = mapped_column(String(300))
    fstype: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    missing_since: Mapped[datetime | None] = mapped_column()
