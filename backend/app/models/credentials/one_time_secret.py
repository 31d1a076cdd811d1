"""OneTimeSecret: a password that one job needs once, so that it never stands in job arguments."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class OneTimeSecret(Row, Base):
    """Sealed, short-lived, deleted after its use."""

    __tablename__ = "one_time_secret"

    purpose: Mapped[str] = mapped_column(String(60))
    secret: Mapped[Sealed] = mapped_column(SealedBytes())
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column(index=True)
