"""Announcement: the base of all events. Each domain keeps its own in `events.py`."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import ClassVar

from app.kernel.errors import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something that happened, as a frozen dataclass of plain values (text, numbers, ids, times).

    A subclass names its `kind` once (`alert.fired`: noun, verb in the past) and says in `summary`
    in one sentence what a person reads in the feed. It never carries a secret.
    """

    kind: ClassVar[str]

    object_kind: str
    object_id: uuid.UUID | None
    object_name: str
    resource_id: uuid.UUID | None = None

    def summary(self) -> str:
        """Say it in one sentence."""
        raise NotImplementedError

    def data(self) -> dict[str, JsonValue]:
        """Return the fields as they are stored."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}


def _plain(value: object) -> JsonValue:
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str():
            return value
        case uuid.UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            raise TypeError(f"An announcement cannot carry {type(value).__name__}.")
