"""NotificationRoute: which alerts go to which channels, as a tree."""

import uuid

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import JsonValue
from app.models.base import Base, Row, Timestamps


class NotificationRoute(Row, Timestamps, Base):
    """An alert takes the first route of a level that fits, and goes down from there.

    `goes_on`: the next ones are tried as well. `plan` is who is told and when; None: as above.
    """

    __tablename__ = "notification_route"

    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("notification_route.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(80))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    goes_on: Mapped[bool] = mapped_column(default=False)
    match: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    plan: Mapped[dict[str, JsonValue] | None] = mapped_column(JSON(none_as_null=True))
