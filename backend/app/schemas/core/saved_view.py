"""Shapes of saved views: a list's filters under a name."""

import uuid
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base import Input, Output
from app.schemas.core.text import Line


class ViewPage(StrEnum):
    """A list that has views."""

    SERVERS = "servers"
    ALERTS = "alerts"
    AUDIT = "audit"
    ACTIVITY = "activity"
    NOTIFICATIONS = "notifications"
    RUNS = "runs"


ViewName = Annotated[Line, Field(min_length=1, max_length=80, examples=["Offline, production"])]
# As it stands in the address: names and values, percent-encoded.
ViewQuery = Annotated[
    str,
    StringConstraints(max_length=1000, pattern=r"^[A-Za-z0-9_.~%&=+:,;@!*()'$/?-]*$"),
    Field(
        description="What stands behind the question mark of the list's address.",
        examples=["status=offline&tag=production"],
    ),
]


class SavedViewCreate(Input):
    """Keep the filters of a list."""

    page: ViewPage
    name: ViewName
    query: ViewQuery
    is_shared: bool = Field(default=False, description="For everybody; needs `resources:manage`.")


class SavedViewEdit(Input):
    """Change a view; what is left out stays."""

    name: ViewName | None = None
    query: ViewQuery | None = None
    is_shared: bool | None = None


class SavedViewRead(Output):
    """A list's filters under a name."""

    id: uuid.UUID
    page: ViewPage
    name: str
    query: str
    is_shared: bool
    is_own: bool = Field(description="Whether it is the caller's; others' are shown when shared.")
    owner: str = Field(examples=["alice"])
