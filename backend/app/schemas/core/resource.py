"""Resources, their tags and groups."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.kernel.text import printable
from app.schemas.base import Input, Output, PageQuery


def check_label(text: str) -> str:
    """Return a tag or a group's name in its plain form, or raise `ValueError` with the reason."""
    label = text.strip()
    if not label:
        raise ValueError("A tag or group needs at least one character.")
    if printable(label) != label or "," in label:
        raise ValueError("A tag or group has no commas, line breaks or control characters.")
    return label


Tag = Annotated[
    str,
    Field(min_length=1, max_length=60, examples=["homelab"]),
    AfterValidator(check_label),
]
GroupName = Annotated[
    str,
    Field(min_length=1, max_length=60, examples=["Storage"]),
    AfterValidator(check_label),
]


class ResourceQuery(PageQuery):
    """Which resources a list shows."""

    kind: str = Field("", max_length=40, description="Only this kind, such as `server`.")
    tag: str = Field("", max_length=60, description="Only those with this tag.")
    group: str = Field("", max_length=60, description="Only members of the group of this name.")


class ResourceRead(Output):
    """One thing that Unity knows, of any domain."""

    id: uuid.UUID
    kind: str
    name: str
    parent_id: uuid.UUID | None
    server_id: uuid.UUID | None
    tags: list[str]
    groups: list[str]
    maintenance_until: datetime | None
    path: str | None = Field(
        description="Its page in the web interface, or its server's; null: it has none.",
        examples=["/servers/0199a3b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"],
    )


class LabelEdit(Input):
    """Tags and groups to add to, and to take from, many resources at once."""

    ids: list[uuid.UUID] = Field(min_length=1, max_length=5000)
    add_tags: list[Tag] = Field(default_factory=list, max_length=50)
    remove_tags: list[Tag] = Field(default_factory=list, max_length=50)
    add_groups: list[GroupName] = Field(
        default_factory=list, max_length=50, description="Names; a new name makes a new group."
    )
    remove_groups: list[GroupName] = Field(default_factory=list, max_length=50)


class LabelEditResult(Output):
    """How many resources were edited."""

    edited: int


class TagRead(Output):
    """A tag and how many resources carry it."""

    tag: str
    count: int


class GroupWrite(Input):
    """A group's name and what it is for."""

    name: GroupName
    description: str = Field("", max_length=500)


class GroupRead(Output):
    """A group and how many resources it holds."""

    id: uuid.UUID
    name: str
    description: str
    count: int


class GroupRemoval(Output):
    """What goes with a group when it is deleted. What it holds stays."""

    members: int = Field(description="How many resources it holds.")
    people: list[str] = Field(description="Users who lose a role for it.", examples=[["bob"]])
    tokens: list[str] = Field(description="Tokens that are limited to it, and reach less then.")
    rules: list[str] = Field(description="Alert rules whose scope names it.")
    routes: list[str] = Field(description="Routes of notifications that name it.")


class EdgeWrite(Input):
    """A typed edge between two resources."""

    source_id: uuid.UUID
    target_id: uuid.UUID
    kind: str = Field(pattern=r"^[a-z][a-z_]{1,39}$", examples=["stands_on"])


class EdgeRead(Output):
    """An edge, with the names of both ends."""

    id: uuid.UUID
    kind: str
    source_id: uuid.UUID
    source_name: str
    target_id: uuid.UUID
    target_name: str
