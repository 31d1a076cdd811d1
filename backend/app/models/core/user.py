"""User: a person who logs in."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class User(Row, Timestamps, Base):
    """A person, their role, and the argon2id hash of their password."""

    __tablename__ = "user_account"  # "user" is a reserved word in SQL

    name: Mapped[str] = mapped_column(String(60), unique=True)
    full_name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(20))
    is_disabled: Mapped[bool] = mapped_column(default=False)
    # Empty for a person who logs in by a provider alone; no password matches it.
    password_hash: Mapped[str] = mapped_column(String(255))
    password_changed_at: Mapped[datetime] = mapped_column()
    last_login_at: Mapped[datetime | None] = mapped_column()
    has_second_factor: Mapped[bool] = mapped_column(default=False)

    @property
    def has_password(self) -> bool:
        """Tell whether a password can let this person in."""
        return self.password_hash != ""
