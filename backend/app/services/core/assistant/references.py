"""Short names for the things that tools have found, and the check of those that an answer uses.

A model copies `server-1` faithfully and a UUID hardly; and a name that no tool gave leads nowhere.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.models.core.alert import Alert
from app.models.core.resource import Resource
from app.schemas.core.assistant import AnswerLink
from app.services.core.assistant.eyes import Eyes
from app.services.core.places import PLACES, path_of

_WORDS: Mapping[str, str] = {
    "ssh_key": "key",
    "credential": "login",
    "storage_device": "drive",
    "storage_pool": "pool",
    "database_instance": "database",
}
_USED = re.compile(r"\b[a-z_]{3,30}-[0-9]{1,4}\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing that a tool has shown."""

    ref: str
    kind: str
    id: uuid.UUID
    title: str


class References:
    """The short names of one conversation."""

    def __init__(self) -> None:
        self._by_thing: dict[tuple[str, uuid.UUID], Reference] = {}
        self._by_ref: dict[str, Reference] = {}

    def add(self, kind: str, object_id: uuid.UUID, title: str) -> str:
        """Return the short name of a thing; the same for the same thing."""
        known = self._by_thing.get((kind, object_id))
        if known is None:
            word = _WORDS.get(kind, kind)
            number = sum(one.kind == kind for one in self._by_thing.values()) + 1
            known = Reference(f"{word}-{number}", kind, object_id, title)
            self._by_thing[kind, object_id] = self._by_ref[known.ref] = known
        return known.ref

    def find(self, ref: str) -> Reference | None:
        """Return the thing of a short name."""
        return self._by_ref.get(ref.strip())

    async def links(self, text: str, eyes: Eyes) -> tuple[AnswerLink, ...]:
        """Return those of the things in a text that are still there and that the person may see."""
        used = {ref: found for ref in _USED.findall(text) if (found := self.find(ref)) is not None}
        links = [await _link(one, eyes) for one in used.values()]
        return tuple(link for link in links if link is not None)


async def _link(one: Reference, eyes: Eyes) -> AnswerLink | None:
    place, path = PLACES.get(one.kind), path_of(one.kind, one.id, one.title)
    if place is None or path is None or not eyes.may(place.needs):
        return None
    statement = (
        select(Alert.title).where(Alert.id == one.id)
        if one.kind == "alert"
        else select(Resource.name).where(Resource.id == one.id, Resource.kind == one.kind)
    )
    async with eyes.looking(place.needs) as session:
        title = await session.scalar(statement)
    if title is None:
        return None
    return AnswerLink(ref=one.ref, kind=one.kind, id=one.id, title=title, path=path)
