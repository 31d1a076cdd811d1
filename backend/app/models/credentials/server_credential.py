"""ServerCredential: a user name with a password, sealed."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class ServerCredential(Row, Timestamps, Base):
    """A login by password; the password is write-only."""

    __tablename__ = "server_credential"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    username: Mapped[str] = mapped_column(String(64))
    password: Mapped[Sealed] = mapped_column(SealedBytes())
    version: Mapped[int] = mapped_column(default=1)
