"""Session: one login in one browser."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class Session(Row, Base):
    """A login. The cookie holds 256 random bits; only their SHA-256 is here."""

    __tablename__ = "login_session"

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # A request that was under way when the token changed still carries the one before.
    previous_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    rotated_at: Mapped[datetime | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    last_seen_at: Mapped[datetime] = mapped_column()
    stepped_up_at: Mapped[datetime | None] = mapped_column()
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
    # A code was given, or a provider that checks one let the person in.
    has_second_factor: Mapped[bool] = mapped_column(default=False)
    provider_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("identity_provider.id", ondelete="SET NULL")
    )
