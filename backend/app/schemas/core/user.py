"""Shapes of users, roles and their rights."""

import uuid
from datetime import datetime

from pydantic import Field, SecretStr

from app.models.core.permission import P, Role
from app.schemas.base import Input, Output
from app.schemas.core.text import Line, SecretInput


class UserCreate(SecretInput):
    """A new user."""

    name: str = Field(
        min_length=1,
        max_length=60,
        description="What is typed at the login: a-z, 0-9, dot, dash, underscore, @.",
        examples=["bob"],
    )
    full_name: Line = Field("", max_length=120, examples=["Bob Okafor"])
    role: Role = Field(Role.VIEWER, description="What the user may do; see GET /api/roles.")
    password: SecretStr = Field(
        max_length=1000,
        description="12 to 200 characters unless set otherwise, none of those tried first.",
        examples=["four words and more"],
    )


class UserUpdate(Input):
    """What to change; a field that is left out stays."""

    full_name: Line | None = Field(None, max_length=120)
    role: Role | None = None
    is_disabled: bool | None = Field(
        None, description="A disabled user is logged out at once, and their tokens are refused."
    )


class PasswordReset(SecretInput):
    """A new password, set by an admin."""

    password: SecretStr = Field(max_length=1000, examples=["four words and more"])


class UserRead(Output):
    """A user; the password is never shown, not even as a hash."""

    id: uuid.UUID
    name: str = Field(examples=["bob"])
    full_name: str = Field(examples=["Bob Okafor"])
    role: Role
    is_disabled: bool
    created_at: datetime
    password_changed_at: datetime
    last_login_at: datetime | None
    has_password: bool = Field(description="False for those who come by a provider alone.")
    has_second_factor: bool


class PermissionRead(Output):
    """A right, and which roles have it."""

    permission: P
    description: str = Field(examples=["Add, change and delete servers."])
    roles: list[Role]


class RoleTable(Output):
    """The whole table of rights."""

    roles: list[Role]
    permissions: list[PermissionRead]
