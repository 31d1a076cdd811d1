"""A series: one metric of one resource under one set of labels."""

import uuid
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class SeriesKind(StrEnum):
    """What the stored numbers are."""

    GAUGE = "gauge"  # the values as they were read
    RATE = "rate"  # the growth per second of a counter


class MetricSeries(Base):
    """The name behind a series' integer; sample tables hold the integer only."""

    __tablename__ = "metric_series"
    __table_args__ = (
        UniqueConstraint("resource_id", "metric", "labels", "kind"),
        # Numbers are never given twice, so that a stale one can not hit a newer series.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    metric: Mapped[str] = mapped_column(String(200))
    labels: Mapped[str] = mapped_column(Text)  # canonical JSON: sorted keys, no spaces, ASCII
    kind: Mapped[str] = mapped_column(String(10))
    unit: Mapped[str] = mapped_column(String(40))
    # The longest time in seconds between two samples while all is well; twice it is a gap.
    interval: Mapped[int] = mapped_column(Integer)
    # When the first sample was taken, in seconds since 1970.
    since: Mapped[int] = mapped_column(BigInteger)
