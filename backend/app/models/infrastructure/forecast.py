"""Forecast: when something is used up, as it was last computed for one series."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class ForecastKind(StrEnum):
    """What is used up."""

    FILESYSTEM = "filesystem"
    INODES = "inodes"
    POOL = "pool"
    THIN_DATA = "thin_data"
    THIN_METADATA = "thin_metadata"
    DATABASE = "database"
    WEAR = "wear"


class Forecast(Row, Base):
    """The forecast of one series of one resource; the next round replaces it.

    Slopes are per day, in the unit of the metric. `why_not` says why there is no date.
    """

    __tablename__ = "forecast"
    __table_args__ = (
        UniqueConstraint("resource_id", "fingerprint"),
        Index("ix_forecast_full_at", "full_at"),
    )

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(32))  # of metric and labels
    kind: Mapped[ForecastKind] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(500))
    metric: Mapped[str] = mapped_column(String(200))
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    unit: Mapped[str] = mapped_column(String(40))

    level: Mapped[float] = mapped_column()
    value: Mapped[float] = mapped_column()  # the newest
    full_at: Mapped[datetime | None] = mapped_column()
    earliest_at: Mapped[datetime | None] = mapped_column()
    latest_at: Mapped[datetime | None] = mapped_column()
    confidence: Mapped[float] = mapped_column()
    why_not: Mapped[str] = mapped_column(String(20))

    # The line: where it is when it was made, how steep it is, and for how long it was seen.
    line_value: Mapped[float] = mapped_column()
    per_day: Mapped[float] = mapped_column()
    per_day_low: Mapped[float] = mapped_column()
    per_day_high: Mapped[float] = mapped_column()
    seen_days: Mapped[float] = mapped_column()

    score_off: Mapped[float | None] = mapped_column()  # in the unit of the metric
    score_count: Mapped[int] = mapped_column(default=0)
    scored_at: Mapped[datetime | None] = mapped_column()
    made_at: Mapped[datetime] = mapped_column()
