"""IdentityProvider: a server by which people log in (OpenID Connect)."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class IdentityProvider(Row, Timestamps, Base):
    """Where it is, who we are to it, and what its groups mean here."""

    __tablename__ = "identity_provider"

    title: Mapped[str] = mapped_column(String(60), unique=True)  # on the button of the login page
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    client_secret: Mapped[Sealed | None] = mapped_column(SealedBytes())
    secret_version: Mapped[int] = mapped_column(default=0)
    scopes: Mapped[str] = mapped_column(String(500))  # separated by spaces, `openid` among them
    groups_claim: Mapped[str] = mapped_column(String(100))
    roles: Mapped[dict[str, str]] = mapped_column(JSON)  # group → role; the highest wins
    default_role: Mapped[str | None] = mapped_column(String(20))  # None: no group, no entry
    makes_users: Mapped[bool] = mapped_column(default=False)
    checks_second_factor: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
