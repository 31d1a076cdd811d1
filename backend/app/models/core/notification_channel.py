"""NotificationChannel: somewhere that messages go, how it is spoken to, and how it has been."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.errors import JsonValue
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class ChannelKind(StrEnum):
    """Who speaks to the channel."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    NTFY = "ntfy"
    APPRISE = "apprise"
    PLUGIN = "plugin"


class NotificationChannel(Row, Timestamps, Base):
    """What may be shown stands in `settings`; the secrets lie sealed, as one JSON document."""

    __tablename__ = "notification_channel"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[ChannelKind] = mapped_column(String(20))
    service: Mapped[str] = mapped_column(String(60))  # of Apprise; otherwise the kind again
    settings: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    secret: Mapped[Sealed] = mapped_column(SealedBytes())
    version: Mapped[int] = mapped_column(default=1)  # of the seal
    hint: Mapped[str] = mapped_column(String(300))  # where it goes, without secrets
    is_enabled: Mapped[bool] = mapped_column(default=True)
    template_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("notification_template.id", ondelete="SET NULL")
    )
    fallback_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("notification_channel.id", ondelete="SET NULL")
    )
    fallback_after_seconds: Mapped[int] = mapped_column(default=900)
    give_up_after_seconds: Mapped[int] = mapped_column(default=86_400)
    # How it has been.
    sent: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    mean_ms: Mapped[float] = mapped_column(default=0.0)  # of what arrived
    last_ok_at: Mapped[datetime | None] = mapped_column()
    failing_since: Mapped[datetime | None] = mapped_column()
    last_error: Mapped[str] = mapped_column(String(500), default="")
    template_error: Mapped[str] = mapped_column(String(500), default="")
    next_self_test_at: Mapped[datetime | None] = mapped_column()
    last_self_test_at: Mapped[datetime | None] = mapped_column()
