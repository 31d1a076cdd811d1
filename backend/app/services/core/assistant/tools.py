"""Tools that look things up for the model, with the rights of the person who asks.

A tool gets a reading session, which is narrowed to what its right shows this person and is never
committed; so no tool can change anything, whatever it is told.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from app.kernel.database import Session
from app.kernel.errors import JsonValue, UnityError
from app.ports.ai_provider import Tool, ToolCall, ToolResult
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.prompts import Fence
from app.services.core.assistant.redaction import Redaction
from app.services.core.assistant.references import Reference, References
from app.services.core.assistant.structured import plain_schema
from app.services.core.permissions import P
from app.services.core.platform import Platform

MOST_ROWS = 25


def _rows(value: object) -> object:
    """Bring a wish for rows into the bounds instead of refusing it."""
    return min(max(value, 1), MOST_ROWS) if isinstance(value, int) else MOST_ROWS


def _words(value: object) -> object:
    return "" if value is None else value


Rows = Annotated[int, BeforeValidator(_rows)]
Words = Annotated[str, BeforeValidator(_words)]


class Arguments(BaseModel):
    """What the model gives a tool. What it adds beyond that is left out."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


A = TypeVar("A", bound=Arguments)


class CannotLook(Exception):
    """The arguments make no sense; the text tells the model why."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tool works with."""

    session: Session
    platform: Platform
    references: References

    def thing(self, ref: str, *kinds: str) -> Reference | None:
        """Return the thing of a reference, None for an empty one, or raise `CannotLook`."""
        if not ref:
            return None
        found = self.references.find(ref)
        if found is None or (kinds and found.kind not in kinds):
            raise CannotLook(
                f"There is no {' or '.join(kinds) or 'thing'} with the reference {ref[:60]!r} here."
                " Find it with another tool first."
            )
        return found


@dataclass(frozen=True, slots=True)
class ReadTool(Generic[A]):
    """One thing that can be looked up."""

    name: str
    words: str  # what the person reads while it is used
    about: str  # what the model reads
    needs: P
    arguments: type[A]
    look: Callable[[Desk, A], Awaitable[JsonValue]]

    @property
    def offered(self) -> Tool:
        """The tool as the model sees it."""
        return Tool(self.name, self.about, plain_schema(self.arguments))

    async def use(self, desk: Desk, text: str) -> JsonValue:
        """Look, or raise `CannotLook`."""
        try:
            wanted = self.arguments.model_validate_json(text or "{}")
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
                for one in error.errors(include_input=False, include_url=False)[:5]
            ]
            raise CannotLook("The arguments do not fit: " + "; ".join(faults)) from error
        return await self.look(desk, wanted)


@dataclass
class ToolBox:
    """The tools that one person may use in one conversation."""

    platform: Platform
    eyes: Eyes
    tools: Sequence[ReadTool[Arguments]]
    redaction: Redaction
    fence: Fence
    most: int  # characters of one result
    references: References = field(default_factory=References)

    def offered(self) -> list[Tool]:
        """Return the tools that the person has the right for."""
        return [tool.offered for tool in self.tools if self.eyes.may(tool.needs)]

    def words(self, call: ToolCall) -> str:
        """Return what the person reads while a call is made."""
        return next((one.words for one in self.tools if one.name == call.name), "Looking")

    async def use(self, call: ToolCall) -> ToolResult:
        """Make a call and return what the model reads of it; a refusal is an answer, too."""
        tool = next((one for one in self.tools if one.name == call.name), None)
        if tool is None:
            return ToolResult(call.id, f"There is no tool {call.name[:60]!r}.", is_error=True)
        try:
            found = await self._look(tool, self.redaction.restored(call.arguments))
        except (CannotLook, UnityError) as error:
            return ToolResult(call.id, self.redaction.text(str(error)), is_error=True)
        text = shortened(self.redaction.value(found), self.most)
        return ToolResult(call.id, self.fence.around(text))

    async def _look(self, tool: ReadTool[Arguments], arguments: str) -> JsonValue:
        async with self.eyes.looking(tool.needs) as session:
            return await tool.use(Desk(session, self.platform, self.references), arguments)


def listed(items: Sequence[Mapping[str, JsonValue]], total: int) -> JsonValue:
    """Return rows, without the fields that are empty, and how many there are in all."""
    return {"total": total, "items": [without_empty(one) for one in items]}


def without_empty(row: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Leave out what says nothing: each character is paid for."""
    return {
        name: value
        for name, value in row.items()
        if value is not None and value not in ("", [], {})
    }


def shortened(value: JsonValue, most: int) -> str:
    """Return a document as text of at most so many characters: rows go first, then the end."""
    text = json.dumps(value, ensure_ascii=False)
    while len(text) > most and isinstance(value, dict):
        items = value.get("items")
        if not isinstance(items, list) or not items:
            break
        left = items[: len(items) * 3 // 4]
        value = {**value, "items": left, "note": "Rows were left out: ask for fewer."}
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[:most] + " … (cut: ask for less)"
