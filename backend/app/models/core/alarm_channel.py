"""AlarmChannel: the one address that alarms go out to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class ChannelKind(StrEnum):
    """How the address wants to be spoken to."""

    WEBHOOK = "webhook"  # a JSON document by POST
    NTFY = "ntfy"  # ntfy's own form: title and priority as headers, text as body


class AlarmChannel(Row, Base):
    """There is at most one row. The address is sealed, since many hold a secret."""

    __tablename__ = "alarm_channel"

    kind: Mapped[ChannelKind] = mapped_column(String(20))
    url: Mapped[Sealed] = mapped_column(SealedBytes())
    url_hint: Mapped[str] = mapped_column(String(300))  # scheme and host, for people
    token: Mapped[Sealed | None] = mapped_column(SealedBytes())  # sent as a bearer token
    version: Mapped[int] = mapped_column(default=1)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column()
    last_sent_at: Mapped[datetime | None] = mapped_column()
    last_error: Mapped[str] = mapped_column(String(500), default="")
