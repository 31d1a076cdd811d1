"""The newest sample of every series of a resource, in one row."""

import uuid

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class MetricState(Base):
    """What a counter's next rate needs, and what an overview shows; written by every append.

    Its lock is what makes two writers of one resource take turns.
    """

    __tablename__ = "metric_state"

    resource_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True
    )
    # Drawn anew when a series is made, changed or deleted; a cache with another stamp is stale.
    stamp: Mapped[int] = mapped_column(BigInteger)
    newest: Mapped[bytes] = mapped_column(LargeBinary)  # see services/core/metrics/state.py
