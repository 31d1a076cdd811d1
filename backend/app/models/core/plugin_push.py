"""PluginPush: a push that was taken, so that the same one again changes nothing."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class PluginPush(Row, Base):
    """Kept for a day. `digest` tells the same push from another one under the same key."""

    __tablename__ = "plugin_push"
    __table_args__ = (UniqueConstraint("instance_id", "key"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("plugin_instance.id", ondelete="CASCADE")
    )
    key: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    taken: Mapped[int] = mapped_column()
    rejected: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(index=True)
