"""Plugin: one that was found in an installed package or in the folder, as it described itself."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row, Timestamps


class PluginSource(StrEnum):
    """Where a plugin comes from."""

    BUILT_IN = "built_in"
    PACKAGE = "package"
    FILE = "file"


class PluginState(StrEnum):
    """Whether it can be used."""

    READY = "ready"
    BROKEN = "broken"  # it is there, and cannot be loaded
    GONE = "gone"  # it was there


class Plugin(Row, Timestamps, Base):
    """`description` is what its worker said: manifest, form, metrics, alert types, quality."""

    __tablename__ = "plugin"

    name: Mapped[str] = mapped_column(String(40), unique=True)
    source: Mapped[PluginSource] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(500))  # what a worker is told to load
    distribution: Mapped[str] = mapped_column(String(200), default="")
    fingerprint: Mapped[str] = mapped_column(String(200))
    state: Mapped[PluginState] = mapped_column(String(20))
    problem: Mapped[str] = mapped_column(String(2000), default="")
    description: Mapped[dict[str, JsonValue]] = mapped_column(JSON, default=dict)
    seen_at: Mapped[datetime] = mapped_column()
