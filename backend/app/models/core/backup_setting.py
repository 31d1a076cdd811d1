"""BackupSetting: the passphrase of scheduled backups."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class BackupSetting(Row, Base):
    """There is at most one row."""

    __tablename__ = "backup_setting"

    passphrase: Mapped[Sealed] = mapped_column(SealedBytes())
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column()
