"""Sealed raw samples."""

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class MetricChunk(Base):
    """The raw samples of one series on one UTC day, compressed."""

    __tablename__ = "metric_chunk"

    series_id: Mapped[int] = mapped_column(
        ForeignKey("metric_series.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[int] = mapped_column(Integer, primary_key=True)  # days since 1970
    points: Mapped[bytes] = mapped_column(LargeBinary)
