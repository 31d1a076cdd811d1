"""SecondFactor: the secret that a person's authenticator app shares with Unity (RFC 6238)."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class SecondFactor(Row, Base):
    """One row a user. A secret counts once a code of it has confirmed that the app has it."""

    __tablename__ = "second_factor"

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), unique=True
    )
    secret: Mapped[Sealed | None] = mapped_column(SealedBytes())  # the confirmed one
    confirmed_at: Mapped[datetime | None] = mapped_column()
    pending: Mapped[Sealed | None] = mapped_column(SealedBytes())  # shown, not yet confirmed
    pending_at: Mapped[datetime | None] = mapped_column()
    last_step: Mapped[int] = mapped_column(default=0)  # a code of this step or before is refused
    version: Mapped[int] = mapped_column(default=0)  # counts the secrets; part of the sealing
    # Counted here and not in memory, so that the limit is one limit for all processes.
    failures: Mapped[int] = mapped_column(default=0)
    failures_since: Mapped[datetime | None] = mapped_column()
