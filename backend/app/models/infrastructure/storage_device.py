"""StorageDevice: a drive, known by its serial number or WWN wherever it is plugged in."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class DeviceState(StrEnum):
    """Where a drive is."""

    PRESENT = "present"
    MISSING = "missing"  # not listed the last time, which may be a reboot or a loose cable
    GONE = "gone"  # missing for longer than the grace
    RETIRED = "retired"  # a person said that it is not coming back


class StorageDevice(Row, Timestamps, Base):
    """One drive. Its id is the id of its `Resource`.

    The report is the newest one that could be read, as JSON text; nothing queries into it. What
    lists show and sort by stands in columns of its own.
    """

    __tablename__ = "storage_device"
    __table_args__ = (
        Index("ix_storage_device_place", "server_id", "name"),
        Index("ix_storage_device_serial", "serial"),
        Index("ix_storage_device_wwn", "wwn"),
    )

    server_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("monitored_server.id", ondelete="CASCADE")
    )
    # Unique: "serial:…", "wwn:…", or the place where nothing better is known.
    identity: Mapped[str] = mapped_column(String(400), unique=True)
    serial: Mapped[str] = mapped_column(String(120), default="")
    # What the drive itself says behind a bridge that shows a number of its own.
    smart_serial: Mapped[str] = mapped_column(String(120), default="", index=True)
    wwn: Mapped[str] = mapped_column(String(120), default="")
    model: Mapped[str] = mapped_column(String(256), default="")
    vendor: Mapped[str] = mapped_column(String(256), default="")
    firmware: Mapped[str] = mapped_column(String(120), default="")
    media: Mapped[str] = mapped_column(String(20), default="")  # "hdd", "ssd", "nvme" or unknown
    transport: Mapped[str] = mapped_column(String(40), default="")
    capacity_bytes: Mapped[int | None] = mapped_column(BigInteger)

    name: Mapped[str] = mapped_column(String(256))  # the kernel's, or controller and slot
    path: Mapped[str] = mapped_column(String(256), default="")  # what smartctl is given
    smart_type: Mapped[str] = mapped_column(String(60), default="")  # its option -d
    address: Mapped[str] = mapped_column(String(60), default="")
    is_behind_controller: Mapped[bool] = mapped_column(default=False)  # only smartctl sees it
    uses: Mapped[list[str]] = mapped_column(JSON, default=list)  # mount points and members above

    state: Mapped[DeviceState] = mapped_column(String(20), default=DeviceState.PRESENT)
    first_seen_at: Mapped[datetime] = mapped_column()
    last_seen_at: Mapped[datetime] = mapped_column()
    missing_since: Mapped[datetime | None] = mapped_column()
    retired_at: Mapped[datetime | None] = mapped_column()
    replaced_by_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("storage_device.id", ondelete="SET NULL")
    )

    read_state: Mapped[str] = mapped_column(String(20), default="")  # of the last attempt
    read_detail: Mapped[str] = mapped_column(String(400), default="")
    asked_at: Mapped[datetime | None] = mapped_column()
    read_at: Mapped[datetime | None] = mapped_column()  # how old the report is
    report: Mapped[str] = mapped_column(Text, default="")

    level: Mapped[str] = mapped_column(String(20), default="unknown", index=True)
    # What was known before it became unknown: a disk that sleeps has not become well.
    known_level: Mapped[str] = mapped_column(String(20), default="unknown")
    level_since: Mapped[datetime | None] = mapped_column()
    unknown_reason: Mapped[str] = mapped_column(String(400), default="")
    reasons: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    baseline: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    recent: Mapped[list[list[object]]] = mapped_column(JSON, default=list)  # [unix time, signals]
    acknowledged: Mapped[dict[str, dict[str, object]]] = mapped_column(JSON, default=dict)
    overrides: Mapped[dict[str, dict[str, object]]] = mapped_column(JSON, default=dict)

    temperature_celsius: Mapped[int | None] = mapped_column(BigInteger)
    wear_percent: Mapped[int | None] = mapped_column(BigInteger)
    power_on_hours: Mapped[int | None] = mapped_column(BigInteger)
    written_bytes: Mapped[float | None] = mapped_column()  # more than 64 bits may hold

    # The planner of self-tests; 0 days: never.
    short_test_days: Mapped[int] = mapped_column(default=0)
    long_test_days: Mapped[int] = mapped_column(default=0)
    short_test_at: Mapped[datetime | None] = mapped_column()  # last started from here
    long_test_at: Mapped[datetime | None] = mapped_column()


class StorageDeviceEvent(Row, Base):
    """Something that happened to a drive: first seen, moved, gone, judged anew, acknowledged."""

    __tablename__ = "storage_device_event"
    __table_args__ = (Index("ix_storage_device_event_at", "device_id", "at"),)

    device_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("storage_device.id", ondelete="CASCADE")
    )
    at: Mapped[datetime] = mapped_column()
    kind: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(120), default="")
