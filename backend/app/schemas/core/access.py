"""Shapes of rights in groups, and of service accounts."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field

from app.models.core.permission import Role
from app.schemas.base import Input, Output
from app.schemas.core.text import Line

GroupRole = Literal[Role.VIEWER, Role.OPERATOR, Role.ADMIN]


class GrantWrite(Input):
    """A role for one group."""

    role: GroupRole = Field(
        description="Of its rights, those count that are about the resources of the group."
    )


class RoleGrantRead(Output):
    """A role that somebody has for one group."""

    group_id: uuid.UUID
    group_name: str = Field(examples=["Rack 1"])
    role: Role
    created_at: datetime


class GroupPerson(Output):
    """Somebody who may do something with the resources of a group."""

    user_id: uuid.UUID
    user_name: str = Field(examples=["bob"])
    is_service: bool = Field(description="A program, not a person.")
    is_disabled: bool
    role: Role
    is_everywhere: bool = Field(description="By the role for all, not by a grant for the group.")


class ServiceAccountCreate(Input):
    """A user that is a program."""

    name: Line = Field(min_length=1, max_length=60, examples=["backup-runner"])
    description: Line = Field("", max_length=500, examples=["Starts the nightly collection."])
    role: Role = Field(Role.NONE, description="For all resources; grants for groups come beside.")
    owner: Line = Field("", max_length=60, description="Whom to ask about it; empty: yourself.")


class ServiceAccountEdit(Input):
    """What to change; a field that is left out stays."""

    description: Line | None = Field(None, max_length=500)
    role: Role | None = None
    owner: Line | None = Field(None, max_length=60)
    is_disabled: bool | None = Field(None, description="Its tokens are refused from then on.")


class ServiceAccountRead(Output):
    """A program that has rights here. It has no password and cannot log in."""

    id: uuid.UUID
    name: str = Field(examples=["backup-runner"])
    description: str
    role: Role
    owner_id: uuid.UUID | None
    owner: str | None = Field(description="Null when the person is gone.", examples=["alice"])
    is_disabled: bool
    created_at: datetime
    tokens: int = Field(description="How many tokens it has.")
    last_used_at: datetime | None = Field(description="When one of them was used last.")
