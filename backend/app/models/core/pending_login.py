"""PendingLogin: the password was right, the second factor is still missing."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class NextStep(StrEnum):
    """What the login still wants."""

    SECOND_FACTOR = "second_factor"
    ENROLMENT = "enrolment"  # a second factor is demanded, and there is none yet


class PendingLogin(Row, Base):
    """A login between its two steps. Its token is not a session's and opens nothing else."""

    __tablename__ = "pending_login"

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    next_step: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    provider_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("identity_provider.id", ondelete="CASCADE")
    )
