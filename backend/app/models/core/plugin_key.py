"""PluginKey: what an external program pushes with, for one instance and until a day."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class PluginKey(Row, Base):
    """Only the HMAC of the secret half is kept; the key itself was shown once."""

    __tablename__ = "plugin_key"

    instance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("plugin_instance.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(80))
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hmac: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    last_used_at: Mapped[datetime | None] = mapped_column()
