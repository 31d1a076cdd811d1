"""A server of language models in a process of its own, which speaks both protocols over HTTP.

It is no model: the name of the model says what happens, from a plain answer to a line that goes
dead. `script` answers with what was put to /script, one after the other; /heard tells all requests.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

KEY = "sk-right-key-of-the-tests"
TEXT = "The pool is full, delete snapshots."
PIECES = ("The pool", " is full,", " delete", " snapshots.")
MODELS = ("plain", "script")
_STATUSES = {"busy": 429, "broken": 500, "overloaded": 529, "unknown": 404, "locked": 403}
Document = dict[str, Any]


@dataclass
class Reply:
    """What the model says: text, calls of tools, or a refusal."""

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    refusal: str = ""
    is_long: bool = False
    pieces: Sequence[str] = ()
    has_usage: bool = True

    @classmethod
    def of(cls, wish: Mapping[str, Any]) -> "Reply":
        """Return the reply that a script describes."""
        calls = [(name, json.dumps(given)) for name, given in wish.get("calls", [])]
        text = wish.get("text", "")
        return cls(text, calls, wish.get("refusal", ""), pieces=[text] if text else [])


_REPLIES = {
    "refuse": Reply(refusal="I can't help with that."),
    "long": Reply("The po", is_long=True, pieces=("The", " po")),
    "tools": Reply("", [("look_up_server", '{"name": "nas"}'), ("second", "{}")]),
    "uncounted": Reply(TEXT, pieces=PIECES, has_usage=False),
    "silent": Reply(),
    "form-never": Reply("no JSON here", pieces=("no JSON here",)),
}


@dataclass
class Heard:
    """What has come, and what is to be said."""

    requests: list[Document] = field(default_factory=list)
    script: list[Document] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    heard = Heard()

    def do_GET(self) -> None:
        if self.path.startswith("/heard"):
            self._json(200, {"requests": self.heard.requests})
        elif self.path.partition("?")[0].endswith("/v1/models") and "nolist" not in self.path:
            self._json(200, {"object": "list", "data": [{"id": name} for name in MODELS]})
        else:
            self._json(404, {"error": {"message": "no such page"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/script":
            self.heard.script[:], self.heard.requests[:] = body["replies"], []
            self._json(200, {})
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.heard.requests.append({"path": self.path, "headers": headers, "body": body})
        model = str(body["model"])
        if model == "hang":
            threading.Event().wait(30)
        elif model in _STATUSES:
            said = {"type": "some_error", "message": f"{model}, says the server, of {KEY}"}
            waits = {"Retry-After": "7"} if model == "busy" else {}
            self._json(_STATUSES[model], {"type": "error", "error": said}, waits)
        elif model == "needs-key" and KEY not in str(headers):
            self._json(401, {"error": {"message": "Incorrect API key provided: sk-wr***ng."}})
        elif model == "no-tools" and body.get("tools"):
            self._json(400, {"error": {"message": "no-tools does not support tools"}})
        elif model == "moved":
            self._json(302, {}, {"Location": "http://127.0.0.1:1/"})
        elif model in ("malformed", "html", "wrong-shape"):
            self._nonsense(model, is_stream=body["stream"])
        else:
            self._answer(model, body)

    def _nonsense(self, model: str, *, is_stream: bool) -> None:
        texts = {"malformed": '{"choices": [', "html": "<html>hello</html>"}
        text = texts.get(model, '{"choices": 5, "content": 5, "type": "message_start"}')
        kind = "text/html" if model == "html" else "application/json"
        if is_stream and model != "html":
            text, kind = f"data: {text}\n\n", "text/event-stream"
        self._send(200, text.encode(), kind)

    def _answer(self, model: str, body: Document) -> None:
        reply = self._reply(model, body)
        speak = _anthropic if self.path.endswith("/messages") else _openai
        events = speak(reply, model, is_stream=body["stream"])
        if not body["stream"]:
            whole = json.dumps(events[0])
            self._send(200, whole.encode(), "application/json", is_cut=model == "cut")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        texts = [_spelt(event) for event in events]
        if model == "half-event":
            texts = [part for text in texts for part in (text[:9], text[9:])]
        if model == "endless":
            texts[1:] = [texts[1] * 100] * 3000
        kept = {"cut": 3, "ended-early": 3, "hang-later": 3, "error-later": 3}.get(
            model, len(texts)
        )
        for text in texts[:kept]:
            self._chunk(text)
        match model:
            case "hang-later":
                threading.Event().wait(30)
            case "error-later":
                error = {"type": "overloaded_error", "message": "Overloaded"}
                self._chunk(
                    f"event: error\ndata: {json.dumps({'type': 'error', 'error': error})}\n\n"
                )
        if model != "cut":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _reply(self, model: str, body: Document) -> Reply:
        count = self.heard.counts[model] = self.heard.counts.get(model, 0) + 1
        has_form = "response_format" in body or body.get("tool_choice", {"type": ""}) == {
            "type": "tool",
            "name": "colour",
        }
        if model == "script":
            return Reply.of(self.heard.script.pop(0))
        if model == "form-late" and count <= 3:  # the piecewise answer, then two in a wrong form
            return Reply('{"colour": "mauve"}', pieces=('{"colour": "mauve"}',))
        if model in _REPLIES:
            return _REPLIES[model]
        if has_form:
            text = '{"colour": "red", "letters": 3}'
            return Reply(text, pieces=(text,))
        if body.get("tools"):
            return Reply("", [(_first_tool(body), '{"name": "nas"}')])
        return Reply(TEXT, pieces=PIECES)

    def _json(
        self, status: int, document: Document, headers: Mapping[str, str] | None = None
    ) -> None:
        self._send(status, json.dumps(document).encode(), "application/json", headers)

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str,
        headers: Mapping[str, str] | None = None,
        *,
        is_cut: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + (10 if is_cut else 0)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = is_cut

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _first_tool(body: Document) -> str:
    tool = body["tools"][0]
    return str(tool.get("name") or tool["function"]["name"])


def _spelt(event: Document) -> str:
    if "DONE" in event:
        return "data: [DONE]\n\n"
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"


def _openai(reply: Reply, model: str, *, is_stream: bool) -> list[Document]:
    finish = "length" if reply.is_long else "tool_calls" if reply.calls else "stop"
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    frame = {"id": "c-1", "created": 1, "model": f"{model}-1"}
    calls = [
        {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": given}}
        for place, (name, given) in enumerate(reply.calls)
    ]
    if not is_stream:
        message = {
            "role": "assistant",
            "content": reply.text or None,
            "refusal": reply.refusal or None,
            **({"tool_calls": calls} if calls else {}),
        }
        choice = {"index": 0, "message": message, "finish_reason": finish}
        whole: Document = {**frame, "object": "chat.completion", "choices": [choice]}
        return [{**whole, "usage": usage} if reply.has_usage else whole]
    frame["object"] = "chat.completion.chunk"
    deltas: list[Document] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in reply.pieces]
    deltas += [{"refusal": piece} for piece in reply.refusal.split(" ") if reply.refusal]
    for place, call in enumerate(calls):
        given = reply.calls[place][1]
        head = {
            **call,
            "index": place,
            "function": {"name": reply.calls[place][0], "arguments": ""},
        }
        deltas.append({"tool_calls": [head]})
        deltas += [
            {"tool_calls": [{"index": place, "function": {"arguments": part}}]}
            for part in (given[:5], given[5:])
        ]
    made: list[Document] = [
        {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    made.append({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if reply.has_usage:
        made.append({**frame, "choices": [], "usage": usage})
    return [*made, {"DONE": True}]


def _anthropic(reply: Reply, model: str, *, is_stream: bool) -> list[Document]:
    stop = "max_tokens" if reply.is_long else "tool_use" if reply.calls else "end_turn"
    stop = "refusal" if reply.refusal else stop
    blocks: list[Document] = []
    if reply.text or reply.refusal:
        blocks.append({"type": "text", "text": reply.text or reply.refusal})
    if reply.text.startswith('{"colour"'):
        blocks = [
            {"type": "tool_use", "id": "t_9", "name": "colour", "input": json.loads(reply.text)}
        ]
    blocks += [
        {"type": "tool_use", "id": f"toolu_{place}", "name": name, "input": json.loads(given)}
        for place, (name, given) in enumerate(reply.calls)
    ]
    usage = {"input_tokens": 11, "output_tokens": 7} if reply.has_usage else {}
    frame: Document = {"id": "m-1", "type": "message", "role": "assistant", "model": f"{model}-1"}
    if not is_stream:
        return [
            {**frame, "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": usage}
        ]
    first = {"input_tokens": 11, "output_tokens": 1} if reply.has_usage else {}
    begun = {**frame, "content": [], "stop_reason": None, "stop_sequence": None, "usage": first}
    events: list[Document] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for place, block in enumerate(blocks):
        events += _anthropic_block(reply, place, block)
    last = {"output_tokens": 7} if reply.has_usage else {}
    delta = {"stop_reason": stop, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": last})
    return [*events, {"type": "message_stop"}]


def _anthropic_block(reply: Reply, place: int, block: Document) -> Iterator[Document]:
    if block["type"] == "text":
        empty: Document = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": one} for one in reply.pieces or (block["text"],)]
    else:
        empty = {**block, "input": {}}
        text = json.dumps(block["input"])
        deltas = [
            {"type": "input_json_delta", "partial_json": part} for part in (text[:5], text[5:])
        ]
    yield {"type": "content_block_start", "index": place, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": place, "delta": delta}
    yield {"type": "content_block_stop", "index": place}


@dataclass(frozen=True, slots=True)
class ModelServer:
    """The running server."""

    port: int

    @property
    def url(self) -> str:
        """Where the API of the OpenAI kind begins."""
        return f"http://127.0.0.1:{self.port}/v1"

    def says(self, *replies: Document) -> None:
        """Let the model `script` say this, one after the other, and forget what was heard."""
        where = f"http://127.0.0.1:{self.port}/script"
        httpx2.post(where, json={"replies": replies}, trust_env=False).raise_for_status()

    @property
    def heard(self) -> list[Document]:
        """All requests since then."""
        where = f"http://127.0.0.1:{self.port}/heard"
        found: list[Document] = httpx2.get(where, trust_env=False).json()["requests"]
        return found


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run the server in a process of its own."""
    backend = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.parts.ai_server"],
        cwd=backend,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield ModelServer(int(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture(scope="session")
def models() -> Iterator[ModelServer]:
    """Return a server of models."""
    with model_server() as server:
        yield server


def main() -> None:
    """Serve until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
