"""BackupDestination: a place that backups of Unity are copied to."""

from enum import StrEnum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.errors import JsonValue
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class DestinationKind(StrEnum):
    """How the place is reached."""

    FOLDER = "folder"
    SFTP = "sftp"
    S3 = "s3"


class BackupDestination(Row, Timestamps, Base):
    """Where it is stands in `place`, what opens it is sealed in `secret`."""

    __tablename__ = "backup_destination"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    place: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)
    secret: Mapped[Sealed | None] = mapped_column(SealedBytes())  # a JSON document
    version: Mapped[int] = mapped_column(default=1)

    keep_last: Mapped[int] = mapped_column(default=7)
    keep_daily: Mapped[int] = mapped_column(default=7)
    keep_weekly: Mapped[int] = mapped_column(default=4)
    keep_monthly: Mapped[int] = mapped_column(default=6)
