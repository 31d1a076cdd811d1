"""Chat completions as OpenAI, Ollama, vLLM and the server of llama.cpp speak them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never
from urllib.parse import urlsplit

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

_STOPS = {"length": Stop.LENGTH, "tool_calls": Stop.TOOLS, "function_call": Stop.TOOLS}
# The one server that refuses the old name with its newer models; the others know only that.
_NEWER = "api.openai.com"


class OpenAi:
    """Implements `Dialect`."""

    def call(self, connection: Connection, body: Document | None) -> Call:
        """Return the request."""
        base = connection.base_url.rstrip("/")
        headers = {}
        if connection.api_key:
            headers["Authorization"] = f"Bearer {connection.api_key.strip()}"
        if body is None:
            return Call(f"{base}/models", headers)
        if urlsplit(base).hostname == _NEWER:
            renamed = {"max_tokens": "max_completion_tokens"}
            body = {renamed.get(name, name): value for name, value in body.items()}
        return Call(f"{base}/chat/completions", headers, body)

    def body(self, ask: Ask, *, is_stream: bool) -> Document:
        """Spell a request."""
        messages: list[JsonValue] = [{"role": "system", "content": ask.system}]
        for turn in ask.turns:
            messages += _messages(turn)
        body: dict[str, JsonValue] = {
            "model": ask.model,
            "messages": messages,
            "max_tokens": ask.most_tokens,
            "stream": is_stream,
        }
        if is_stream:
            body["stream_options"] = {"include_usage": True}
        if ask.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": dict(tool.parameters),
                    },
                }
                for tool in ask.tools
            ]
            if ask.must_call:
                body["tool_choice"] = "required"
        if ask.form is not None:
            form: dict[str, JsonValue] = {
                "name": ask.form.name,
                "schema": dict(ask.form.schema),
                "strict": True,
            }
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    def answer(self, document: Document, ask: Ask) -> Answer:
        """Read a whole answer."""
        choice = _choice(document)
        if choice is None:
            raise garbled("answer")
        message = table(choice.get("message"), "message")
        said = _Said()
        said.take_delta(message, is_whole=True)
        said.finish = text_of(choice.get("finish_reason"))
        said.take_frame(document)
        return said.answer(ask)

    def reader(self, ask: Ask) -> "_Reader":
        """Return what reads a streamed answer."""
        return _Reader(ask)

    def names(self, document: Document) -> tuple[str, ...]:
        """Read the list of models."""
        return names_of(document)


def _messages(turn: Turn) -> Sequence[JsonValue]:
    match turn:
        case UserTurn():
            return [{"role": "user", "content": turn.text}]
        case ModelTurn():
            message: dict[str, JsonValue] = {"role": "assistant", "content": turn.text}
            if turn.calls:
                message["tool_calls"] = [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {"name": call.name, "arguments": call.arguments},
                    }
                    for call in turn.calls
                ]
            return [message]
        case ToolTurn():
            return [
                {"role": "tool", "tool_call_id": result.call_id, "content": result.text}
                for result in turn.results
            ]
        case _:
            assert_never(turn)


def _choice(document: Document) -> Document | None:
    """Return the first choice; the last event of a stream, which counts tokens, has none."""
    choices = document.get("choices")
    if not isinstance(choices, list):
        raise garbled("list of choices")
    return table(choices[0], "choice") if choices else None


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class _Said:
    """What has come of an answer."""

    text: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    calls: dict[int, _Call] = field(default_factory=dict)
    finish: str = ""
    model: str = ""
    given: int | None = None
    made: int | None = None

    def take_delta(self, delta: Document, *, is_whole: bool = False) -> str:
        """Take a message, or a piece of one; return its text."""
        text = text_of(delta.get("content"))
        self.text.append(text)
        self.refusal.append(text_of(delta.get("refusal")))
        calls = delta.get("tool_calls")
        for place, one in enumerate(calls if isinstance(calls, list) else []):
            self._take_call(table(one, "tool call"), place, is_whole=is_whole)
        return text

    def _take_call(self, one: Document, place: int, *, is_whole: bool) -> None:
        index = None if is_whole else count_of(one.get("index"))
        call = self.calls.setdefault(place if index is None else index, _Call())
        function = table(one.get("function"), "function")
        call.id = call.id or text_of(one.get("id"))
        call.name = call.name or text_of(function.get("name"))
        arguments = function.get("arguments")
        # Some servers send an object where the protocol has a text.
        call.arguments += (
            json.dumps(arguments) if isinstance(arguments, dict) else text_of(arguments)
        )

    def take_frame(self, document: Document) -> None:
        """Take what stands around the message."""
        self.model = self.model or text_of(document.get("model"))
        usage = document.get("usage")
        if isinstance(usage, dict):
            given, made = (
                count_of(usage.get("prompt_tokens")),
                count_of(usage.get("completion_tokens")),
            )
            self.given = given if given is not None else self.given
            self.made = made if made is not None else self.made

    def answer(self, ask: Ask) -> Answer:
        """Return the whole."""
        refusal, text = "".join(self.refusal), "".join(self.text)
        if refusal or self.finish == "content_filter":
            raise declined(refusal)
        calls = tuple(
            ToolCall(one.id or f"call_{place}", one.name, one.arguments)
            for place, one in sorted(self.calls.items())
        )
        if not text and not calls and self.finish != "length":
            raise garbled("text")
        said = text + "".join(call.arguments for call in calls)
        # Ollama finishes with `stop` although it wants tools.
        stop = Stop.TOOLS if calls else _STOPS.get(self.finish, Stop.END)
        return Answer(
            text, calls, stop, usage_of(self.given, self.made, ask, said), self.model or ask.model
        )


class _Reader:
    """Implements `Reader`. The stream is read to its end, for the count of tokens comes last."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._said = _Said()
        self.is_over = False

    def take(self, document: Document) -> str:
        """Take one event."""
        self._said.take_frame(document)
        choice = _choice(document)
        if choice is None:
            return ""
        self._said.finish = text_of(choice.get("finish_reason")) or self._said.finish
        return self._said.take_delta(table(choice.get("delta"), "delta"))

    def answer(self) -> Answer:
        """Return the whole answer."""
        if not self._said.finish:
            raise cut_off()
        return self._said.answer(self._ask)
