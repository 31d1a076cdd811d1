"""PluginLogLine: a line that an instance logged or printed; the newest are kept."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class PluginLogLine(Row, Base):
    """Secrets of the configuration are blotted out before it is stored."""

    __tablename__ = "plugin_log_line"
    __table_args__ = (Index(None, "instance_id", "at"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("plugin_instance.id", ondelete="CASCADE")
    )
    at: Mapped[datetime] = mapped_column()
    level: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(2000))
