"""Roll-ups: what stays of the samples when they are old."""

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class MetricRollup(Base):
    """Least, mean, greatest and count per bucket of one tier, over one period, compressed."""

    __tablename__ = "metric_rollup"

    series_id: Mapped[int] = mapped_column(
        ForeignKey("metric_series.id", ondelete="CASCADE"), primary_key=True
    )
    tier: Mapped[int] = mapped_column(Integer, primary_key=True)  # seconds of a bucket
    # Which of the tier's periods since 1970; services/core/metrics/tiers.py has their length.
    period: Mapped[int] = mapped_column(Integer, primary_key=True)
    buckets: Mapped[bytes] = mapped_column(LargeBinary)
