"""PluginInstance: one thing that a plugin watches, under the id of its resource."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.errors import JsonValue
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class InstanceState(StrEnum):
    """How the last run went."""

    NEW = "new"  # it has not run
    OK = "ok"
    FAILING = "failing"  # what it watches does not answer as it should
    BROKEN = "broken"  # the plugin itself is at fault


class PluginInstance(Row, Timestamps, Base):
    """What may be shown stands in `settings`; the secrets lie sealed, as one JSON document."""

    __tablename__ = "plugin_instance"

    id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(120), unique=True)
    plugin: Mapped[str] = mapped_column(String(40), index=True)  # its name; it may be gone
    server_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), index=True
    )
    settings: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    secret: Mapped[Sealed] = mapped_column(SealedBytes())
    version: Mapped[int] = mapped_column(default=1)  # of the seal
    is_enabled: Mapped[bool] = mapped_column(default=True)
    every_seconds: Mapped[int] = mapped_column()
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    # How it has been.
    state: Mapped[InstanceState] = mapped_column(String(20), default=InstanceState.NEW)
    problem: Mapped[str] = mapped_column(String(2000), default="")
    problem_kind: Mapped[str] = mapped_column(String(40), default="")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    last_run_at: Mapped[datetime | None] = mapped_column()
    last_ok_at: Mapped[datetime | None] = mapped_column()
    took_ms: Mapped[int] = mapped_column(default=0)
    summary: Mapped[str] = mapped_column(String(200), default="")
    facts: Mapped[list[JsonValue]] = mapped_column(JSON, default=list)
    memory: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)  # for its next run
