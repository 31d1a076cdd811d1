"""SavedView: the filters of a list under a name, for one person or for all."""

import uuid

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class SavedView(Row, Timestamps, Base):
    """What stands behind the question mark of a list's address. It is never a secret."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "page", "name"),
        Index("ix_saved_view_shared", "page", "is_shared"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    is_shared: Mapped[bool] = mapped_column(default=False)
