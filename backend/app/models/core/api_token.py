"""ApiToken: a key for programs, `unity_<public id>_<secret>`."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class ApiToken(Row, Base):
    """A token of a user. Of the secret only an HMAC is kept, under a key that is not here."""

    __tablename__ = "api_token"

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    public_id: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hmac: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text)  # permissions, separated by spaces
    # Set: the token is for the groups of its own alone, and for none when they are gone.
    is_limited: Mapped[bool] = mapped_column(default=False)
    addresses: Mapped[str] = mapped_column(Text, default="")  # networks; empty is from anywhere
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime | None] = mapped_column()
    last_used_at: Mapped[datetime | None] = mapped_column()
    last_used_address: Mapped[str | None] = mapped_column(String(45))
