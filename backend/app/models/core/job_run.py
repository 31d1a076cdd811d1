"""JobRun: one piece of background work, from its request to its end; the history of the jobs."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class JobState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # the process that ran it died, again and again


ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.LOST})


class JobRun(Row, Base):
    """One run. Its lease says who works on it; its fence tells that worker from earlier ones."""

    __tablename__ = "job_run"
    __table_args__ = (
        Index("ix_job_run_state_run_at", "state", "run_at"),
        Index("ix_job_run_name_enqueued_at", "name", "enqueued_at"),
        # The last word on overlap: whatever the workers believe, one run of a lock is running.
        Index(
            "uq_job_run_running_lock",
            "lock",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)  # never secrets
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    lock: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    run_at: Mapped[datetime] = mapped_column()  # not before
    requested_by: Mapped[str] = mapped_column(String(120))
    # Without foreign keys: a run stays in the history when what it worked on is gone.
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column()
    resource_id: Mapped[uuid.UUID | None] = mapped_column(index=True)

    attempt: Mapped[int] = mapped_column(default=0)  # how often it was started
    losses: Mapped[int] = mapped_column(default=0)  # how often its process died meanwhile
    fence: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column()
    is_cancel_requested: Mapped[bool] = mapped_column(default=False)
    queue_ref: Mapped[int | None] = mapped_column(BigInteger)  # the row of an outside queue

    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int] = mapped_column(default=0)
    progress_note: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[dict[str, JsonValue] | None] = mapped_column(JSON)
    error: Mapped[str] = mapped_column(String(1000), default="")

    enqueued_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
