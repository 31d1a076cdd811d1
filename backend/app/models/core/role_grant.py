"""RoleGrant: a role that a user has for the resources of one group, beside the role for all."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class RoleGrant(Row, Base):
    """One role for one group. With the group or the user it goes, and rights only get fewer."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "group_id"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    group_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource_group.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column()
