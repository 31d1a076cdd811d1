"""BackupRun: one backup on its way to one destination, and what became of it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class BackupState(StrEnum):
    """How it went."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"  # the archive is there, and was read back
    FAILED = "failed"


class BackupRun(Row, Base):
    """The name of the destination is kept, because the list outlives it."""

    __tablename__ = "backup_run"
    __table_args__ = (
        Index("ix_backup_run_destination_id_started_at", "destination_id", "started_at"),
    )

    destination_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("backup_destination.id", ondelete="SET NULL")
    )
    destination_name: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(120), default="")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    rows: Mapped[int | None] = mapped_column(BigInteger)
    requested_by: Mapped[str] = mapped_column(String(120))
    job_run_id: Mapped[uuid.UUID | None] = (
        mapped_column()
    )  # in the history of the jobs, for a while
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column()
    verified_at: Mapped[datetime | None] = mapped_column()  # its size and hash were read back
    deleted_at: Mapped[datetime | None] = mapped_column()  # by the retention of its destination
    error: Mapped[str] = mapped_column(String(1000), default="")
