"""Heartbeat: a part of Unity that says it still works; DeadMansSwitch: who outside is told."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class Heartbeat(Row, Base):
    """The last sign of life of one part, and how often it gives one."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    beat_at: Mapped[datetime] = mapped_column()
    every_seconds: Mapped[int] = mapped_column()
    silent_since: Mapped[datetime | None] = mapped_column()  # set once people were told


class DeadMansSwitch(Row, Base):
    """There is at most one row: an address that is asked as long as all is well."""

    __tablename__ = "dead_mans_switch"

    url: Mapped[Sealed] = mapped_column(SealedBytes())
    url_hint: Mapped[str] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)
    every_seconds: Mapped[int] = mapped_column()
    is_enabled: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column()
    next_at: Mapped[datetime] = mapped_column()
    last_ok_at: Mapped[datetime | None] = mapped_column()
    last_error: Mapped[str] = mapped_column(String(500), default="")
