"""The one secret that Unity knows, to notice a wrong root key before anything is changed."""

from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class VaultCanary(Row, Base):
    """Sealed at the first start; opened at each start."""

    __tablename__ = "vault_canary"

    sealed: Mapped[Sealed] = mapped_column(SealedBytes())
