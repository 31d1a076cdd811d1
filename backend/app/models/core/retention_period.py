"""RetentionPeriod: how long what is known of one kind of resource is kept."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class RetentionPeriod(Row, Timestamps, Base):
    """Days for each width of measurements, and for events; None is what holds for all kinds."""

    __tablename__ = "retention_period"

    kind: Mapped[str] = mapped_column(String(40), unique=True)
    raw_days: Mapped[int | None] = mapped_column()
    five_minute_days: Mapped[int | None] = mapped_column()
    hour_days: Mapped[int | None] = mapped_column()
    day_days: Mapped[int | None] = mapped_column()
    history_days: Mapped[int | None] = mapped_column()
