"""StoragePool: what drives are put together to, with its state and what runs on it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class PoolKind(StrEnum):
    """Which system keeps it."""

    ZFS = "zfs"
    MD = "md"
    LVM = "lvm"
    BTRFS = "btrfs"


class StoragePool(Row, Timestamps, Base):
    """One pool, array, volume group or file system. Its id is the id of its `Resource`.

    `detail` holds what the machine said of its members as JSON text; nothing queries into it.
    """

    __tablename__ = "storage_pool"
    __table_args__ = (
        UniqueConstraint("server_id", "kind", "identity"),
        Index("ix_storage_pool_level", "level"),
    )

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[PoolKind] = mapped_column(String(20))
    identity: Mapped[str] = mapped_column(String(300))  # its UUID or GUID, else its name
    name: Mapped[str] = mapped_column(String(255))
    layout: Mapped[str] = mapped_column(String(60), default="")  # raid1, raidz2, mirror …
    state: Mapped[str] = mapped_column(String(40))  # in the word of its own tool

    level: Mapped[str] = mapped_column(String(20), default="unknown")
    level_since: Mapped[datetime | None] = mapped_column()
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)

    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    used_bytes: Mapped[int | None] = mapped_column(BigInteger)
    used_percent: Mapped[float | None] = mapped_column()
    fragmentation_percent: Mapped[float | None] = mapped_column()

    activity: Mapped[str] = mapped_column(String(30), default="")  # scrub, resilver, check …
    activity_percent: Mapped[float | None] = mapped_column()
    activity_ends_at: Mapped[datetime | None] = mapped_column()
    last_scrub_at: Mapped[datetime | None] = mapped_column()
    last_scrub_errors: Mapped[int | None] = mapped_column(BigInteger)

    detail: Mapped[str] = mapped_column(Text, default="")
    # What only root may ask, and so only a slow round: mdadm's table, the scrubs of btrfs.
    root_detail: Mapped[str] = mapped_column(Text, default="", server_default="")

    # The planner of scrubs; 0 days: never. The hour is when one may begin; None: at any.
    scrub_days: Mapped[int] = mapped_column(default=0, server_default="0")
    scrub_hour: Mapped[int | None] = mapped_column()
    scrub_started_at: Mapped[datetime | None] = mapped_column()  # last started from here
    acknowledged: Mapped[dict[str, dict[str, str]]] = mapped_column(
        JSON, default=dict, server_default="{}"
    )

    first_seen_at: Mapped[datetime] = mapped_column()
    last_seen_at: Mapped[datetime] = mapped_column()
    missing_since: Mapped[datetime | None] = mapped_column()
