"""What a domain needs to hear the announcements of another: an event, a handler, a subscription."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter

from app.kernel.database import Session
from app.kernel.errors import JsonValue
from app.services.core.announcements import Announcement

Told = TypeVar("Told", bound=Announcement)


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """An event as a handler gets it."""

    id: uuid.UUID
    kind: str
    at: datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    actor_name: str
    resource_id: uuid.UUID | None
    summary: str
    data: Mapping[str, JsonValue]

    def told(self, announcement: type[Told]) -> Told:
        """Return what was announced, as the dataclass that announced it."""
        return TypeAdapter(announcement).validate_python(dict(self.data))

    def key(self, handler: str) -> str:
        """Return a key that is the same at every attempt: for a job to enqueue, or a message."""
        return f"event {self.id} {handler}"


# A handler writes in the session that it is given, and that transaction also holds the mark that it
# is done: either both stay or neither. So what it does in the database happens once, however often
# it is tried. It never awaits the network and never opens a transaction of its own; what has to go
# out is written down (a row, or a run by `JobRuns.add` with `event.key(…)`) and done by a job.
EventHandler = Callable[[Session, HeardEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of `subscriptions.py`: who hears what. `handler` names the mark, so it never changes.

    `kind` is exact (`alert.fired`), or a beginning with a star (`alert.*`), or `*`.
    """

    kind: str
    handler: str
    handle: EventHandler

    def hears(self, kind: str) -> bool:
        """Tell whether events of this kind are for the handler."""
        if self.kind.endswith("*"):
            return kind.startswith(self.kind[:-1])
        return kind == self.kind
