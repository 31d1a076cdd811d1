"""Shapes of the login and its sessions."""

import uuid
from datetime import datetime

from pydantic import Field, SecretStr

from app.models.core.pending_login import NextStep
from app.models.core.permission import P
from app.schemas.base import Input, Output
from app.schemas.core.text import Line, SecretInput
from app.schemas.core.user import UserRead


class Setup(SecretInput):
    """The first admin, with the token that the server's console shows."""

    token: SecretStr = Field(max_length=200, examples=["the-token-from-the-console"])
    name: str = Field(min_length=1, max_length=60, examples=["alice"])
    full_name: Line = Field("", max_length=120, examples=["Alice Larsson"])
    password: SecretStr = Field(max_length=1000, examples=["four words and more"])


class Login(SecretInput):
    """Name and password."""

    name: str = Field(max_length=200, examples=["alice"])
    password: SecretStr = Field(max_length=1000, examples=["four words and more"])


class StepUp(SecretInput):
    """The own password once more, or a code of the authenticator app."""

    password: SecretStr | None = Field(None, max_length=1000, examples=["four words and more"])
    code: SecretStr | None = Field(None, max_length=40, description="Instead of the password.")


class PasswordChange(SecretInput):
    """The own password: the present one and the next."""

    current: SecretStr = Field(max_length=1000, examples=["the one until now"])
    password: SecretStr = Field(max_length=1000, examples=["four words and more"])


class ProfileUpdate(Input):
    """What people change of their own account."""

    full_name: Line = Field(max_length=120, examples=["Bob Okafor"])


class SessionState(Output):
    """Who is logged in here; what a page asks first."""

    user: UserRead | None = Field(description="Null when nobody is logged in.")
    permissions: list[P] = Field(description="What this session may do.")
    csrf_token: str | None = Field(
        description="Send it as X-CSRF-Token with every POST, PUT, PATCH and DELETE."
    )
    is_secure: bool = Field(
        description="False over plain HTTP: the password travels readable. See the TLS settings."
    )
    is_setup_needed: bool = Field(description="True until the first admin exists.")
    has_stepped_up: bool = Field(description="True when the password or a code was given lately.")
    next_step: NextStep | None = Field(
        description="What a begun login still wants; null when nobody is half-way in."
    )
    password_length: int = Field(description="Characters that a new password needs.")


class LoggedOut(Output):
    """The session has ended."""

    provider_url: str | None = Field(
        description="Go there to log out of the provider as well; null when it offers no such page."
    )


class SessionRead(Output):
    """One login in one browser."""

    id: uuid.UUID
    created_at: datetime
    last_seen_at: datetime = Field(description="Exact to about a minute.")
    address: str = Field(examples=["192.0.2.10"])
    user_agent: str = Field(examples=["Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0"])
    device: str = Field(description="The same in plain words.", examples=["Firefox on Linux"])
    has_second_factor: bool = Field(description="It was opened with a second factor.")
    is_current: bool = Field(description="The one that asks.")


class SessionsEnded(Output):
    """How many sessions were ended."""

    ended: int = Field(examples=[2])
