"""Logins by password: create, replace, read. The password goes in and never comes out."""

import uuid
from datetime import datetime

from pydantic import Field, SecretStr

from app.schemas.base import Output, PageQuery
from app.schemas.core.text import SecretInput
from app.schemas.credentials.names import Name, Username


class ServerCredentialCreate(SecretInput):
    """A login to store."""

    name: Name
    username: Username
    password: SecretStr = Field(min_length=1, max_length=1024, examples=["four words and more"])


class ServerCredentialEdit(SecretInput):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    username: Username | None = None
    password: SecretStr | None = Field(
        None, min_length=1, max_length=1024, description="Replaces the stored password."
    )


class ServerCredentialQuery(PageQuery):
    """Which logins a list shows."""


class ServerCredentialRead(Output):
    """A login, without its password."""

    id: uuid.UUID
    name: str
    username: str
    version: int = Field(description="Raised by each new password.")
    servers: int = Field(description="How many servers use it, for the login or for sudo.")
    created_at: datetime
    updated_at: datetime
