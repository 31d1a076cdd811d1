"""SSH keys: generate, import, read. The private half goes in and never comes out."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import Field, SecretStr

from app.models.credentials.ssh_key import DeploymentState
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.text import SecretInput
from app.schemas.credentials.names import Name


class KeyKind(StrEnum):
    """What Unity can generate."""

    ED25519 = "ed25519"
    RSA_4096 = "rsa-4096"
    ECDSA_P256 = "ecdsa-p256"


class SSHKeyGenerate(Input):
    """A key pair to make."""

    name: Name
    kind: KeyKind = Field(
        KeyKind.ED25519, description="ed25519, unless a machine is too old to know it."
    )


class SSHKeyImport(SecretInput):
    """A key pair to take over."""

    name: Name
    private_key: SecretStr = Field(
        min_length=1,
        max_length=65_536,
        description="The private key file as it is, in OpenSSH's form or PEM.",
        examples=["-----BEGIN OPENSSH PRIVATE KEY-----\n…\n-----END OPENSSH PRIVATE KEY-----\n"],
    )
    passphrase: SecretStr | None = Field(
        None, max_length=1024, description="What the key file is encrypted with, if it is."
    )


class SSHKeyRename(Input):
    """A new name for a key."""

    name: Name


class SSHKeyQuery(PageQuery):
    """Which keys a list shows."""


class SSHKeyRead(Output):
    """A key, without its private half."""

    id: uuid.UUID
    name: str
    algorithm: str = Field(description="As OpenSSH names it.")
    public_key: str = Field(description="The line for authorized_keys, without a comment.")
    fingerprint: str
    has_passphrase: bool
    version: int
    servers: int = Field(description="How many servers are logged in to with it.")
    created_at: datetime
    updated_at: datetime


class DeploymentRead(Output):
    """Where a public key is installed."""

    id: uuid.UUID
    ssh_key_id: uuid.UUID
    resource_id: uuid.UUID
    resource_name: str
    account: str
    path: str
    state: DeploymentState
    detail: str
    verified_at: datetime | None
    updated_at: datetime
