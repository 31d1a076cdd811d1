"""RecoveryCode: lets its owner in once when the authenticator app is lost."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class RecoveryCode(Row, Base):
    """A code. Only an HMAC is kept, under a key that is not in the database."""

    __tablename__ = "recovery_code"

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    code_hmac: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column()
