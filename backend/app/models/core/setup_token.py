"""SetupToken: the one-time proof that who makes the first admin can read the server's console."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class SetupToken(Row, Base):
    """The hash of a first-run token; making a new one deletes the older."""

    __tablename__ = "setup_token"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
