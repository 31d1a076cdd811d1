"""AuditCheckpoint: a signed statement of where the audit chain stood."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class AuditSigningKey(Row, Base):
    """An Ed25519 key. The private half is sealed; `name` is the hash of the public half."""

    __tablename__ = "audit_signing_key"

    name: Mapped[str] = mapped_column(String(16), unique=True)
    public: Mapped[str] = mapped_column(String(64))  # base64 of the 32 bytes
    private: Mapped[Sealed] = mapped_column(SealedBytes)
    created_at: Mapped[datetime] = mapped_column()
    retired_at: Mapped[datetime | None] = mapped_column()


class AuditCheckpoint(Row, Base):
    """Where the chain stood, and the signature over it."""

    __tablename__ = "audit_checkpoint"

    seq: Mapped[int] = mapped_column(unique=True)
    h: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(index=True)
    key_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("audit_signing_key.id", ondelete="RESTRICT"), index=True
    )
    signature: Mapped[str] = mapped_column(String(100))
