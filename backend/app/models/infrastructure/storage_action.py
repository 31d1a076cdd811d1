"""StorageAction: the journal of what was started on drives and pools, and how it ended."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class ActionKind(StrEnum):
    """What was started."""

    SHORT = "short"  # a drive's self-test
    LONG = "long"
    ABORT = "abort"  # ends a self-test
    SCRUB = "scrub"  # of a pool, or the check of an array
    PAUSE = "pause"
    STOP = "stop"


class ActionState(StrEnum):
    """How it stands. Only `FAILED` says something bad of a drive or a pool."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"  # it came to its end and found errors
    ABORTED = "aborted"  # a person, a reboot or another command ended it
    REFUSED = "refused"  # the machine did not begin it
    DONE = "done"  # what has no result of its own: a stop, a pause
    UNKNOWN = "unknown"  # it was begun, and nobody saw its end


class StorageAction(Row, Base):
    """One command that changes something on a machine, exactly as it was sent.

    `before` holds what the drive or pool showed when it began, so that its own result is told
    from an older one without comparing clocks of two machines.
    """

    __tablename__ = "storage_action"
    __table_args__ = (
        Index("ix_storage_action_resource", "resource_id", "started_at"),
        Index("ix_storage_action_open", "server_id", "state"),
    )

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    kind: Mapped[ActionKind] = mapped_column(String(20))
    command: Mapped[str] = mapped_column(Text)
    state: Mapped[ActionState] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(String(500), default="")
    errors: Mapped[int | None] = mapped_column(BigInteger)
    before: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    requested_by: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    look_at: Mapped[datetime | None] = mapped_column()  # when its machine is asked how it went
    percent: Mapped[float | None] = mapped_column()
