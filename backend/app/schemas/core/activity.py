"""Shapes of the activity: what happened, in plain words, the newest first."""

import uuid
from datetime import datetime

from pydantic import AwareDatetime, Field

from app.schemas.base import Input, Output
from app.schemas.core.text import Line


class ActivityQuery(Input):
    """Which events. Pages are followed by `before`, so that new events move no rows."""

    before: uuid.UUID | None = Field(None, description="Older than this event: `next` of a page.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    kind: Line = Field("", max_length=80, description="Exact, or a beginning such as `server.`.")
    q: Line = Field("", max_length=200, description="Words that the sentence must contain.")
    actor_id: uuid.UUID | None = Field(None, description="What this user did.")
    object_id: uuid.UUID | None = Field(None, description="About this thing.")
    resource_id: uuid.UUID | None = Field(
        None, description="About this resource, or what hangs on this server."
    )
    since: AwareDatetime | None = Field(None, description="Not before this time.")
    until: AwareDatetime | None = Field(None, description="Before this time.")


class ActivityRead(Output):
    """Something that happened."""

    id: uuid.UUID
    at: datetime
    kind: str = Field(examples=["server.added"])
    summary: str = Field(examples=["Server nas was added"])
    actor_kind: str = Field(description="`user`, `token` or `system`.", examples=["user"])
    actor_name: str = Field(examples=["alice"])
    actor_id: uuid.UUID | None
    object_kind: str = Field(examples=["server"])
    object_id: uuid.UUID | None
    object_name: str = Field(examples=["nas"])
    resource_id: uuid.UUID | None
    path: str | None = Field(description="The thing's page, when it has one and still exists.")


class ActivityPage(Output):
    """Some events, the newest first."""

    items: list[ActivityRead]
    next: uuid.UUID | None = Field(description="Ask with `before` set to this for older ones.")


class StuckRead(Output):
    """An event that a part of Unity could not handle, again and again."""

    id: uuid.UUID
    handler: str = Field(description="The part that failed.", examples=["notifications"])
    attempts: int
    error: str
    parked_at: datetime | None
    event_at: datetime
    summary: str
