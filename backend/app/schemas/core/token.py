"""Shapes of API tokens."""

import uuid
from datetime import datetime

from pydantic import Field, IPvAnyNetwork

from app.models.core.permission import P
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.text import Line


class TokenCreate(Input):
    """A token for a program."""

    name: Line = Field(min_length=1, max_length=100, examples=["grafana"])
    scopes: list[P] = Field(
        min_length=1,
        max_length=len(P),
        description="What it may do, at most what you may do yourself.",
        examples=[["metrics:read"]],
    )
    expires_in_days: int | None = Field(
        90, ge=1, le=3650, description="After how many days it ends; null: never."
    )
    groups: list[Line] = Field(
        [],
        max_length=50,
        description="Names of groups: the token counts for their resources alone. Empty: for all.",
        examples=[["Rack 1"]],
    )
    addresses: list[IPvAnyNetwork] = Field(
        [],
        max_length=20,
        description="Networks that it may be used from. Empty: from anywhere.",
        examples=[["192.0.2.0/24"]],
    )
    owner: Line = Field(
        "",
        max_length=60,
        description="Whose token, by user name; empty: your own. Others need tokens:manage.",
    )


class TokenQuery(PageQuery):
    """Which tokens; `q` searches their names."""

    all: bool = Field(default=False, description="Of all users; this needs tokens:manage.")


class TokenRead(Output):
    """A token without its secret."""

    id: uuid.UUID
    name: str = Field(examples=["grafana"])
    owner: str = Field(description="The name of the user.", examples=["alice"])
    public_id: str = Field(description="The middle part of the token's text.")
    scopes: list[P]
    is_limited: bool = Field(description="It counts for the resources of `groups` alone.")
    groups: list[str] = Field(description="Empty in a limited one: its groups are gone.")
    addresses: list[str] = Field(description="Networks that it may be used from.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="Exact to about a minute.")
    last_used_address: str | None = Field(examples=["192.0.2.10"])


class TokenCreated(TokenRead):
    """The one answer that shows the token."""

    token: str = Field(
        description="Keep it now; it is never shown again.",
        examples=["unity_PUBLICIDHERE_SECRET"],
    )
