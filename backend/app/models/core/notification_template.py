"""NotificationTemplate: how messages of a channel are worded."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class NotificationTemplate(Row, Timestamps, Base):
    """Jinja's language; an empty part is worded as Unity does."""

    __tablename__ = "notification_template"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)  # of a web hook
