"""MonitoredServer: a machine, entered once; everything hangs on it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class ServerStatus(StrEnum):
    """What is true of a server now; `reason` says why."""

    ONLINE = "online"  # the last cycle succeeded, every applicable fact was read
    DEGRADED = "degraded"  # it answers, but some facts failed for a reason that can be mended
    OFFLINE = "offline"  # the last cycle could not log in or lost the connection
    UNKNOWN = "unknown"  # never asked, not yet approved, or the answer is older than two intervals
    DISABLED = "disabled"  # a person switched the collection off


class SudoMode(StrEnum):
    """How commands that want root are run."""

    NONE = "none"
    PASSWORDLESS = "passwordless"
    PASSWORD = "password"  # noqa: S105 - a mode, not a secret


class MonitoredServer(Row, Timestamps, Base):
    """One machine. Its id is the id of its `Resource`."""

    __tablename__ = "monitored_server"
    __table_args__ = (
        UniqueConstraint("host", "port", "username"),
        Index("ix_monitored_server_due", "is_enabled", "next_due_at"),
        # Two processes that start together must not both enter the local machine.
        Index(
            "uq_monitored_server_local",
            "is_local",
            unique=True,
            sqlite_where=text("is_local"),
            postgresql_where=text("is_local"),
        ),
    )

    name: Mapped[str] = mapped_column(String(120), unique=True)
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(default=22)
    username: Mapped[str] = mapped_column(String(64))
    is_local: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    ssh_key_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("ssh_key.id", ondelete="RESTRICT"), index=True
    )
    credential_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("server_credential.id", ondelete="RESTRICT"), index=True
    )
    jump_server_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="RESTRICT"), index=True
    )
    sudo: Mapped[SudoMode] = mapped_column(String(20), default=SudoMode.NONE)
    # Per-server interval of the standard group; None means the setting.
    interval_seconds: Mapped[float | None] = mapped_column(Float)
    notes: Mapped[str] = mapped_column(Text, default="")

    status: Mapped[ServerStatus] = mapped_column(String(20), default=ServerStatus.UNKNOWN)
    reason: Mapped[str] = mapped_column(String(1000), default="Not asked yet.")
    reason_kind: Mapped[str] = mapped_column(String(60), default="never_asked")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    status_since: Mapped[datetime | None] = mapped_column()
    last_seen_at: Mapped[datetime | None] = mapped_column()  # the last successful command
    last_attempt_at: Mapped[datetime | None] = mapped_column()
    # Which servers the dispatcher takes; claimed by compare-and-swap, pushed ahead when taken.
    next_due_at: Mapped[datetime | None] = mapped_column()
    slow_due_at: Mapped[datetime | None] = mapped_column()
    # Raised by each edit of a person, not by the collector: a form opened before it is refused.
    row_version: Mapped[int] = mapped_column(default=1)


class ServerCredentialUse(Row, Base):
    """A further credential of a server: for sudo, a database, a BMC."""

    __tablename__ = "server_credential_use"
    __table_args__ = (UniqueConstraint("server_id", "purpose"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    credential_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("server_credential.id", ondelete="RESTRICT"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(40))  # "sudo"


class HostKeyState(StrEnum):
    """What a person said of a host key."""

    OFFERED = "offered"  # seen at first contact, waits for approval
    APPROVED = "approved"
    QUARANTINED = "quarantined"  # another key than the approved one was offered
    RETIRED = "retired"


class HostKeyPin(Row, Timestamps, Base):
    """A host key that a server showed, and what a person decided about it."""

    __tablename__ = "host_key_pin"
    __table_args__ = (UniqueConstraint("server_id", "fingerprint"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    algorithm: Mapped[str] = mapped_column(String(60))
    public: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(80))
    state: Mapped[HostKeyState] = mapped_column(String(20))
    decided_by: Mapped[str] = mapped_column(String(120), default="")
