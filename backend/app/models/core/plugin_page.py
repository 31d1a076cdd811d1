"""PluginPage: a page of data that an instance brought; replaced by that of its next run."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row


class PluginPage(Row, Base):
    """`document` holds cards and tables as the interface of plugins declares them."""

    __tablename__ = "plugin_page"
    __table_args__ = (UniqueConstraint("instance_id", "key"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("plugin_instance.id", ondelete="CASCADE")
    )
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column()
    document: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
