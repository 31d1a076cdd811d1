"""Shapes of single sign-on: the providers, and the way over one of them."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from app.models.core.permission import Role
from app.schemas.base import Input, Output
from app.schemas.core.session import SessionState
from app.schemas.core.text import Line

GroupName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Scope = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")]


class IdentityProviderWrite(Input):
    """A server by which people log in (OpenID Connect)."""

    title: Line = Field(min_length=1, max_length=60, examples=["Authentik"])
    issuer: str = Field(
        min_length=8,
        max_length=500,
        pattern=r"^https?://[^\s?#]+$",
        description="Exactly as the provider says it, with or without a slash at the end.",
        examples=["https://auth.example.org/application/o/unity/"],
    )
    client_id: Line = Field(min_length=1, max_length=255, examples=["unity"])
    client_secret: SecretStr | None = Field(
        None,
        max_length=1000,
        description='Stored encrypted. Null leaves the stored one, "" takes it away.',
    )
    scopes: list[Scope] = Field(
        ["openid", "profile", "email"], max_length=20, description="`openid` is always among them."
    )
    groups_claim: Line = Field(
        "groups", max_length=100, description="The claim that lists a person's groups."
    )
    roles: dict[GroupName, Role] = Field(
        {}, max_length=200, description="Group → role; of several the highest counts."
    )
    default_role: Role | None = Field(
        None, description="Who is in none of these groups gets it; null: they may not come in."
    )
    makes_users: bool = Field(
        default=False, description="Make an account for whoever comes for the first time."
    )
    checks_second_factor: bool = Field(
        default=False,
        description="The provider asks for a second factor itself; Unity then does not.",
    )
    is_enabled: bool = Field(default=True, description="Whether the login page offers it.")


class IdentityProviderRead(Output):
    """A provider; its secret is never shown again."""

    id: uuid.UUID
    title: str
    issuer: str
    client_id: str
    has_client_secret: bool
    scopes: list[str]
    groups_claim: str
    roles: dict[str, Role]
    default_role: Role | None
    makes_users: bool
    checks_second_factor: bool
    is_enabled: bool
    linked_users: int = Field(description="How many people are linked to it.")
    created_at: datetime
    updated_at: datetime


class ProviderCheck(Output):
    """One thing that was tried."""

    what: str = Field(examples=["The provider answers"])
    is_fine: bool
    detail: str


class ProviderTest(Output):
    """What came of trying the provider."""

    is_fine: bool
    checks: list[ProviderCheck]


class SignOnOffer(Output):
    """A provider that the login page offers."""

    id: uuid.UUID
    title: str


class SignOnStart(Input):
    """By which provider."""

    provider_id: uuid.UUID


class SignOnDeparture(Output):
    """Where the browser goes next."""

    url: str = Field(description="The provider's page. Go there in the same browser.")


class SignOnReturn(Input):
    """What the provider sent back in the address."""

    state: str = Field("", max_length=200)
    code: SecretStr = Field(SecretStr(""), max_length=4000)
    error: str = Field("", max_length=200, description="Why there is no code.")
    error_description: str = Field("", max_length=1000)
    iss: str = Field("", max_length=500, description="Who answers (RFC 9207).")


class SignOnDone(Output):
    """What came of it."""

    purpose: str = Field(description="`login`, `link` or `step_up`.")
    session: SessionState | None = Field(description="After a login: who is in, or what is next.")


class LinkRead(Output):
    """An account at a provider that opens the own account."""

    id: uuid.UUID
    provider_id: uuid.UUID
    provider: str = Field(examples=["Authentik"])
    label: str = Field(description="The name there.", examples=["alice@example.org"])
    created_at: datetime
    last_login_at: datetime | None
