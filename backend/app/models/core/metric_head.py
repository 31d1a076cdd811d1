"""The open head: what was collected and is not yet sealed."""

import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class MetricHead(Base):
    """All samples of one resource at one time, in one row; sealing takes it away."""

    __tablename__ = "metric_head"
    __table_args__ = (
        Index("ix_metric_head_resource_at", "resource_id", "at"),
        {"sqlite_autoincrement": True},
    )

    # SQLite numbers rows by itself only in a column that is spelled INTEGER.
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)  # seconds since 1970
    series: Mapped[bytes] = mapped_column(LargeBinary)  # series ids, 4 bytes each
    readings: Mapped[bytes] = mapped_column(LargeBinary)  # their values, 8 bytes each
