"""Messages as Anthropic speaks them (version 2023-06-01)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from app.adapters.ai.dialect import (
    Call,
    Document,
    count_of,
    cut_off,
    declined,
    garbled,
    names_of,
    table,
    text_of,
    usage_of,
)
from app.kernel.errors import JsonValue
from app.ports.ai_provider import (
    Answer,
    Ask,
    Connection,
    ModelTurn,
    Stop,
    ToolCall,
    ToolTurn,
    Turn,
    UserTurn,
)

_VERSION = "2023-06-01"
_STOPS = {
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "tool_use": Stop.TOOLS,
}
_DECLINED = "refusal"


class Anthropic:
    """Implements `Dialect`. A form is a tool that has to be called: every version can do that."""

    def call(self, connection: Connection, body: Document | None) -> Call:
        """Return the request."""
        base = connection.base_url.rstrip("/").removesuffix("/v1")
        headers = {"anthropic-version": _VERSION}
        if connection.api_key:
            headers["x-api-key"] = connection.api_key
        path = "/v1/models?limit=1000" if body is None else "/v1/messages"
        return Call(base + path, headers, body)

    def body(self, ask: Ask, *, is_stream: bool) -> Document:
        """Spell a request."""
        body: dict[str, JsonValue] = {
            "model": ask.model,
            "system": ask.system,
            "messages": [_message(turn) for turn in ask.turns],
            "max_tokens": ask.most_tokens,
            "stream": is_stream,
        }
        if ask.form is not None:
            body["tools"] = [
                {
                    "name": ask.form.name,
                    "description": "Give the answer by calling this.",
                    "input_schema": dict(ask.form.schema),
                }
            ]
            body["tool_choice"] = {"type": "tool", "name": ask.form.name}
        elif ask.tools:
            body["tools"] = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "input_schema": dict(tool.parameters),
                }
                for tool in ask.tools
            ]
            if ask.must_call:
                body["tool_choice"] = {"type": "any"}
        return body

    def answer(self, document: Document, ask: Ask) -> Answer:
        """Read a whole answer."""
        blocks = document.get("content")
        if not isinstance(blocks, list):
            raise garbled("content")
        said = _Said()
        for place, one in enumerate(blocks):
            said.begin(place, table(one, "content block"))
        said.take_message(document)
        return said.answer(ask)

    def reader(self, ask: Ask) -> "_Reader":
        """Return what reads a streamed answer."""
        return _Reader(ask)

    def names(self, document: Document) -> tuple[str, ...]:
        """Read the list of models."""
        return names_of(document)


def _message(turn: Turn) -> JsonValue:
    match turn:
        case UserTurn():
            return {"role": "user", "content": turn.text}
        case ModelTurn():
            blocks: list[JsonValue] = []
            if turn.text:
                blocks.append({"type": "text", "text": turn.text})
            blocks += [
                {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call)}
                for call in turn.calls
            ]
            return {"role": "assistant", "content": blocks}
        case ToolTurn():
            return {"role": "user", "content": [*_results(turn)]}
        case _:
            assert_never(turn)


def _results(turn: ToolTurn) -> Sequence[JsonValue]:
    return [
        {
            "type": "tool_result",
            "tool_use_id": result.call_id,
            "content": result.text,
            "is_error": result.is_error,
        }
        for result in turn.results
    ]


def _input(call: ToolCall) -> JsonValue:
    """Return the arguments as an object, which the protocol insists on."""
    try:
        found: JsonValue = json.loads(call.arguments)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


@dataclass
class _Block:
    kind: str
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What has come of it."""
        return "".join(self.pieces)


@dataclass
class _Said:
    """What has come of an answer."""

    blocks: dict[int, _Block] = field(default_factory=dict)
    stop: str = ""
    model: str = ""
    given: int | None = None
    made: int | None = None

    def begin(self, place: int, one: Document) -> str:
        """Take a block, whole or empty as a stream begins it; return its text."""
        kind = text_of(one.get("type"))
        block = _Block(kind, text_of(one.get("id")), text_of(one.get("name")))
        self.blocks[place] = block
        if kind == "text":
            block.pieces.append(text_of(one.get("text")))
            return block.text
        given = one.get("input")
        if kind == "tool_use" and isinstance(given, dict) and given:
            block.pieces.append(json.dumps(given))
        return ""

    def more(self, place: int, delta: Document) -> str:
        """Take a piece of a block; return its text. Thinking is left out."""
        block = self.blocks.get(place)
        if block is None:
            raise garbled("order of events")
        match text_of(delta.get("type")):
            case "text_delta":
                block.pieces.append(text_of(delta.get("text")))
                return block.pieces[-1]
            case "input_json_delta":
                block.pieces.append(text_of(delta.get("partial_json")))
        return ""

    def take_message(self, message: Document) -> None:
        """Take what stands around the content."""
        self.model = text_of(message.get("model")) or self.model
        self.stop = text_of(message.get("stop_reason")) or self.stop
        self.take_usage(message.get("usage"))

    def take_usage(self, usage: JsonValue) -> None:
        """Take the count of tokens; what was read from a cache was sent all the same."""
        if not isinstance(usage, dict):
            return
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        counts = [count_of(usage.get(name)) for name in names]
        if counts[0] is not None:
            self.given = sum(count or 0 for count in counts)
        made = count_of(usage.get("output_tokens"))
        self.made = made if made is not None else self.made

    def answer(self, ask: Ask) -> Answer:
        """Return the whole."""
        placed = [block for _, block in sorted(self.blocks.items())]
        text = "".join(block.text for block in placed if block.kind == "text")
        if self.stop == _DECLINED:
            raise declined(text)
        calls = tuple(
            ToolCall(block.id, block.name, block.text or "{}")
            for block in placed
            if block.kind == "tool_use"
        )
        said = text + "".join(call.arguments for call in calls)
        usage = usage_of(self.given, self.made, ask, said)
        stop = _STOPS.get(self.stop, Stop.END)
        if ask.form is not None and calls:
            text, calls = calls[0].arguments, ()
            stop = Stop.LENGTH if stop is Stop.LENGTH else Stop.END
        if not text and not calls and stop is not Stop.LENGTH:
            raise garbled("text")
        return Answer(text, calls, stop, usage, self.model or ask.model)


class _Reader:
    """Implements `Reader`."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._said = _Said()
        self.is_over = False

    def take(self, document: Document) -> str:
        """Take one event; kinds that are not known yet are left out, as the protocol asks."""
        said = self._said
        match text_of(document.get("type")):
            case "message_start":
                said.take_message(table(document.get("message"), "message"))
            case "content_block_start":
                block = table(document.get("content_block"), "content block")
                return said.begin(self._place(document), block)
            case "content_block_delta":
                delta = table(document.get("delta"), "delta")
                return said.more(self._place(document), delta)
            case "message_delta":
                delta = table(document.get("delta"), "delta")
                said.stop = text_of(delta.get("stop_reason")) or said.stop
                said.take_usage(document.get("usage"))
            case "message_stop":
                self.is_over = True
        return ""

    def answer(self) -> Answer:
        """Return the whole answer."""
        if not self.is_over:
            raise cut_off()
        return self._said.answer(self._ask)

    @staticmethod
    def _place(document: Document) -> int:
        place = count_of(document.get("index"))
        if place is None:
            raise garbled("index")
        return place
