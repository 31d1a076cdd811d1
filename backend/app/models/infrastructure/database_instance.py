"""DatabaseInstance: a database that runs on a server, found there without any login to it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class DatabaseKind(StrEnum):
    """Which engine it is; MariaDB and Valkey have gone their own ways far enough to be named."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    MARIADB = "mariadb"
    MONGODB = "mongodb"
    REDIS = "redis"
    VALKEY = "valkey"
    MINIO = "minio"


class DatabaseState(StrEnum):
    """What is true of a database; `reason` says why."""

    NEEDS_CREDENTIALS = "needs_credentials"  # it runs, but lets nobody in without a login
    ONLINE = "online"  # the last round logged in and read what there is
    DEGRADED = "degraded"  # it runs, but answers in part, too slowly, or says it is not well
    OFFLINE = "offline"  # its process is gone, or nothing answers where it listened


class LoginMode(StrEnum):
    """How Unity logs in."""

    NONE = "none"  # without a name, where the engine lets anybody in
    CREDENTIAL = "credential"  # a stored user name with password
    SOCKET = "socket"  # over its unix socket, as the account of the machine that asks


class DatabaseInstance(Row, Timestamps, Base):
    """One database server. Its id is the id of its `Resource`.

    `reading` holds what the last round read, as JSON text; nothing queries into it. `refused`
    is the mark of a login that was refused: it is not tried again before it changes.
    """

    __tablename__ = "database_instance"
    __table_args__ = (Index("ix_database_instance_due", "next_due_at"),)

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[DatabaseKind] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    version: Mapped[str] = mapped_column(String(120), default="")
    port: Mapped[int | None] = mapped_column()
    doors: Mapped[list[dict[str, str | int]]] = mapped_column(JSON, default=list)
    pid: Mapped[int | None] = mapped_column()
    container: Mapped[str] = mapped_column(String(64), default="")
    data_path: Mapped[str] = mapped_column(String(1000), default="")
    host_path: Mapped[str] = mapped_column(String(1000), default="")
    mountpoint: Mapped[str] = mapped_column(String(1000), default="")
    device: Mapped[str] = mapped_column(String(255), default="")
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)

    state: Mapped[DatabaseState] = mapped_column(String(20))
    reason_kind: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(1000), default="")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    state_since: Mapped[datetime | None] = mapped_column()

    login: Mapped[LoginMode] = mapped_column(String(20), default=LoginMode.NONE)
    login_user: Mapped[str] = mapped_column(String(64), default="")
    login_database: Mapped[str] = mapped_column(String(64), default="")
    refused: Mapped[str] = mapped_column(String(64), default="")
    refusals: Mapped[int] = mapped_column(default=0)
    refused_at: Mapped[datetime | None] = mapped_column()

    role: Mapped[str] = mapped_column(String(40), default="")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    connections_percent: Mapped[float | None] = mapped_column()
    lag_seconds: Mapped[float | None] = mapped_column()
    reading: Mapped[str] = mapped_column(Text, default="")
    deep_reading: Mapped[str] = mapped_column(Text, default="")

    next_due_at: Mapped[datetime | None] = mapped_column()
    deep_due_at: Mapped[datetime | None] = mapped_column()
    first_seen_at: Mapped[datetime] = mapped_column()
    last_seen_at: Mapped[datetime] = mapped_column()  # its process
    last_read_at: Mapped[datetime | None] = mapped_column()  # its numbers
    missing_since: Mapped[datetime | None] = mapped_column()
