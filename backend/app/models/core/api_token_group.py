"""ApiTokenGroup: a group that a limited token is for."""

import uuid

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class ApiTokenGroup(Row, Base):
    """One group of a token whose `is_limited` is set."""

    __tablename__ = "api_token_group"
    __table_args__ = (UniqueConstraint("token_id", "group_id"),)

    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    group_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource_group.id", ondelete="CASCADE"), index=True
    )
