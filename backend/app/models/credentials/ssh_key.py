"""SSHKey: a key pair that Unity logs in with, and SSHKeyDeployment: where it is installed."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.types import SealedBytes
from app.models.base import Base, Row, Timestamps


class SSHKey(Row, Timestamps, Base):
    """A key pair; the private half and its passphrase are sealed and write-only."""

    __tablename__ = "ssh_key"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    algorithm: Mapped[str] = mapped_column(String(40))  # as OpenSSH names it: ssh-ed25519
    public_key: Mapped[str] = mapped_column(Text)  # "algorithm base64", without a comment
    fingerprint: Mapped[str] = mapped_column(String(80), index=True)  # SHA256:…
    private_key: Mapped[Sealed] = mapped_column(SealedBytes())
    passphrase: Mapped[Sealed | None] = mapped_column(SealedBytes())
    version: Mapped[int] = mapped_column(default=1)


class DeploymentState(StrEnum):
    """How far an installation is; `verified` is what a new connection has proved."""

    STAGED = "staged"
    INSTALLED = "installed"
    VERIFIED = "verified"
    FAILED = "failed"
    REMOVED = "removed"


class SSHKeyDeployment(Row, Timestamps, Base):
    """One public key in one account's authorized_keys on one resource."""

    __tablename__ = "ssh_key_deployment"
    __table_args__ = (UniqueConstraint("ssh_key_id", "resource_id", "account"),)

    ssh_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ssh_key.id", ondelete="CASCADE"))
    resource_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), index=True
    )
    account: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[DeploymentState] = mapped_column(String(20), default=DeploymentState.STAGED)
    detail: Mapped[str] = mapped_column(String(500), default="")
    verified_at: Mapped[datetime | None] = mapped_column()
