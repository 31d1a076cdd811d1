"""PluginRun: one run of an instance, and what came of it; the newest are kept."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class PluginRun(Row, Base):
    """`outcome` is ok, or the kind of the failure."""

    __tablename__ = "plugin_run"
    __table_args__ = (Index(None, "instance_id", "began_at"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("plugin_instance.id", ondelete="CASCADE")
    )
    began_at: Mapped[datetime] = mapped_column()
    took_ms: Mapped[int] = mapped_column()
    outcome: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    samples: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)  # samples that were no numbers, or too many
    by: Mapped[str] = mapped_column(String(120))
