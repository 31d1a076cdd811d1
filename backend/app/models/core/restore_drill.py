"""RestoreDrill: one trial of whether the newest backup of a destination can be restored."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class DrillState(StrEnum):
    """What came of it."""

    GREEN = "green"
    RED = "red"


class RestoreDrill(Row, Base):
    """The report of one drill."""

    __tablename__ = "restore_drill"

    destination_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("backup_destination.id", ondelete="SET NULL"), index=True
    )
    destination_name: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(1000), default="")  # why it is red
    checks: Mapped[list[JsonValue]] = mapped_column(JSON, default=list)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    tables: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime] = mapped_column()
