"""Language models over the real wire, in both protocols, and the fake that stands in for them."""

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.ai import HttpAiProvider
from app.kernel.database import Database
from app.ports.ai_provider import (
    AiProvider,
    Answer,
    Ask,
    Connection,
    Failure,
    Form,
    ModelTurn,
    Piece,
    Protocols,
    ProviderFailed,
    Stop,
    Tool,
    ToolCall,
    ToolResult,
    ToolTurn,
    Turn,
    UserTurn,
)
from tests.fakes.ai import FakeAi
from tests.parts.ai_server import KEY, MODELS, TEXT, ModelServer

KINDS = ("openai", "anthropic", "fake")
LOOK = Tool("look_up_server", "Look a server up.", {"type": "object", "properties": {}})
COLOUR = Form(
    "colour",
    {
        "type": "object",
        "properties": {"colour": {"type": "string"}, "letters": {"type": "integer"}},
        "required": ["colour", "letters"],
        "additionalProperties": False,
    },
)


class Peer:
    """One implementation with its connection."""

    def __init__(self, kind: str, server: ModelServer) -> None:
        self.kind = kind
        self.provider: AiProvider = FakeAi() if kind == "fake" else HttpAiProvider()
        self.url = server.url
        self.protocol = Protocols.ANTHROPIC if kind == "anthropic" else Protocols.OPENAI

    def connection(
        self, *, url: str = "", key: str = KEY, silence: float = 5, limit: float = 10
    ) -> Connection:
        return Connection(
            self.protocol,
            url or self.url,
            key,
            timedelta(seconds=silence),
            timedelta(seconds=limit),
        )

    async def chat(self, model: str, *, silence: float = 5, limit: float = 10) -> Answer:
        connection = self.connection(silence=silence, limit=limit)
        return await self.provider.chat(connection, asked(model))

    async def stream(self, model: str, *, silence: float = 5) -> tuple[list[str], Answer]:
        pieces: list[str] = []
        connection = self.connection(silence=silence)
        async with aclosing(self.provider.stream(connection, asked(model))) as coming:
            async for one in coming:
                if isinstance(one, Answer):
                    return pieces, one
                pieces.append(one.text)
        raise AssertionError("a stream ends with the whole answer")


def asked(model: str, *turns: Turn, **more: object) -> Ask:
    given = turns or (UserTurn("Why is the pool full?"),)
    return Ask(model, "You explain.", given, **more)  # type: ignore[arg-type]  # fields of Ask


@pytest.fixture(params=KINDS)
def peer(request: pytest.FixtureRequest, models: ModelServer) -> Peer:
    return Peer(request.param, models)


@pytest.fixture(params=KINDS[:2])
def real(request: pytest.FixtureRequest, models: ModelServer) -> Peer:
    return Peer(request.param, models)


async def test_a_question_is_answered_and_counted(peer: Peer) -> None:
    answer = await peer.chat("plain")
    assert (answer.text, answer.calls, answer.stop) == (TEXT, (), Stop.END)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    assert not answer.usage.is_estimated


async def test_an_answer_comes_piece_by_piece_and_then_whole(peer: Peer) -> None:
    pieces, answer = await peer.stream("plain")
    assert len(pieces) == 4
    assert "".join(pieces) == answer.text == TEXT
    assert answer.usage.output_tokens == 7


async def test_an_event_may_be_cut_in_two_by_the_network(real: Peer) -> None:
    pieces, answer = await real.stream("half-event")
    assert ("".join(pieces), answer.usage.output_tokens) == (TEXT, 7)


async def test_tokens_that_nobody_counts_are_estimated(peer: Peer) -> None:
    for answer in (await peer.chat("uncounted"), (await peer.stream("uncounted"))[1]):
        assert answer.usage.is_estimated
        assert answer.usage.input_tokens > 0
        assert answer.usage.output_tokens > 0


async def test_tools_are_called_with_their_arguments(peer: Peer) -> None:
    ask = asked("tools", tools=[LOOK], must_call=True)
    answer = await peer.provider.chat(peer.connection(), ask)
    _, streamed = await peer.stream("tools")
    for one in (answer, streamed):
        assert one.stop is Stop.TOOLS
        assert [(call.name, call.arguments) for call in one.calls] == [
            ("look_up_server", '{"name": "nas"}'),
            ("second", "{}"),
        ]
        assert len({call.id for call in one.calls}) == 2


async def test_an_answer_in_a_form_is_json(peer: Peer) -> None:
    answer = await peer.provider.chat(peer.connection(), asked("plain", form=COLOUR))
    assert (answer.text, answer.calls) == ('{"colour": "red", "letters": 3}', ())


async def test_an_answer_that_reaches_its_limit_says_so(peer: Peer) -> None:
    assert (await peer.chat("long")).stop is Stop.LENGTH
    pieces, answer = await peer.stream("long")
    assert ("".join(pieces), answer.stop) == ("The po", Stop.LENGTH)


@pytest.mark.parametrize(
    ("model", "failure"),
    [
        ("refuse", Failure.DECLINED),
        ("malformed", Failure.GARBLED),
        ("html", Failure.GARBLED),
        ("wrong-shape", Failure.GARBLED),
        ("silent", Failure.GARBLED),
        ("busy", Failure.BUSY),
        ("broken", Failure.OVERLOADED),
        ("overloaded", Failure.OVERLOADED),
        ("unknown", Failure.UNKNOWN_MODEL),
        ("locked", Failure.KEY_REFUSED),
        ("moved", Failure.NOT_TAKEN),
        ("cut", Failure.CUT_OFF),
    ],
)
async def test_each_failure_has_its_name(peer: Peer, model: str, failure: Failure) -> None:
    for ask in (peer.chat, peer.stream):
        with pytest.raises(ProviderFailed) as caught:
            await ask(model)
        assert caught.value.failure is failure
        assert KEY not in caught.value.detail
        assert (caught.value.retry_after == timedelta(seconds=7)) is (model == "busy")


@pytest.mark.parametrize(
    ("model", "failure"),
    [
        ("hang-later", Failure.TIMED_OUT),
        ("ended-early", Failure.CUT_OFF),
        ("error-later", Failure.OVERLOADED),
    ],
)
async def test_a_stream_that_fails_in_its_middle_is_no_answer(
    peer: Peer, model: str, failure: Failure
) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await peer.stream(model, silence=0.3)
    assert caught.value.failure is failure


async def test_a_server_that_hangs_is_left_in_time(peer: Peer) -> None:
    for ask in (peer.chat, peer.stream):
        began = time.monotonic()
        with pytest.raises(ProviderFailed) as caught:
            await ask("hang", silence=0.3)
        assert caught.value.failure is Failure.TIMED_OUT
        assert time.monotonic() - began < 3


async def test_an_answer_that_never_ends_is_left_in_time(real: Peer) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await real.chat("hang", limit=0.3)
    assert caught.value.failure is Failure.TIMED_OUT
    assert "did not come to an end" in caught.value.detail


async def test_an_answer_without_bounds_is_not_read_to_its_end(real: Peer) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await real.stream("endless")
    assert caught.value.failure is Failure.GARBLED


async def test_a_key_that_is_wrong_is_told_without_the_key(real: Peer) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await real.provider.chat(real.connection(key="sk-wrong"), asked("needs-key"))
    assert caught.value.failure is Failure.KEY_REFUSED
    assert "sk-" not in caught.value.detail
    assert (await real.chat("needs-key")).text == TEXT


async def test_a_key_that_http_cannot_carry_is_told_without_the_key(real: Peer) -> None:
    with pytest.raises(ProviderFailed, match="holds a line break") as caught:
        await real.provider.chat(real.connection(key="sk-one\nsk-two"), asked("needs-key"))
    assert caught.value.failure is Failure.KEY_REFUSED
    assert "sk-" not in caught.value.detail


async def test_a_key_is_sent_as_it_was_meant(real: Peer) -> None:
    right = real.connection()
    pasted = replace(right, api_key=f" {right.api_key}\n")
    assert (await real.provider.chat(pasted, asked("needs-key"))).text == TEXT
    with pytest.raises(ProviderFailed) as caught:
        await real.provider.chat(real.connection(key="schlüssel"), asked("needs-key"))
    assert caught.value.failure is Failure.KEY_REFUSED


async def test_a_model_without_tools_says_so_in_its_own_words(real: Peer) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await real.provider.chat(real.connection(), asked("no-tools", tools=[LOOK]))
    assert caught.value.failure is Failure.NOT_TAKEN
    assert "does not support tools" in caught.value.detail


async def test_the_models_are_listed(peer: Peer) -> None:
    assert sorted(await peer.provider.models(peer.connection())) == sorted(MODELS)
    health = await peer.provider.health(peer.connection())
    assert health.seconds > 0


async def test_a_provider_without_a_list_has_an_empty_one(models: ModelServer) -> None:
    peer = Peer("openai", models)
    url = models.url.replace("/v1", "/nolist/v1")
    assert await peer.provider.models(peer.connection(url=url)) == ()


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://169.254.169.254/v1", Failure.ADDRESS_REFUSED),
        ("http://[fd00:ec2::254]/v1", Failure.ADDRESS_REFUSED),
        ("http://[::ffff:169.254.169.254]/v1", Failure.ADDRESS_REFUSED),
        ("http://0.0.0.0:11434/v1", Failure.ADDRESS_REFUSED),
        ("http://8.8.8.8/v1", Failure.ADDRESS_REFUSED),
        ("ftp://127.0.0.1/v1", Failure.ADDRESS_REFUSED),
        ("http://127.0.0.1:99999/v1", Failure.ADDRESS_REFUSED),
        ("http://127.0.0.1:1/v1", Failure.NOT_REACHED),
        ("http://no-such-host.invalid/v1", Failure.NOT_REACHED),
    ],
)
async def test_some_addresses_are_never_spoken_to(real: Peer, url: str, failure: Failure) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await real.provider.health(real.connection(url=url))
    assert caught.value.failure is failure


async def test_a_whole_conversation_is_spelt_as_the_protocol_wants(models: ModelServer) -> None:
    turns = (
        UserTurn("Is nas online?"),
        ModelTurn("I look.", (ToolCall("c1", "look_up_server", '{"name": "nas"}'),)),
        ToolTurn((ToolResult("c1", "offline"),)),
    )
    models.says()
    for kind in KINDS[:2]:
        peer = Peer(kind, models)
        ask = asked("plain", *turns, tools=[LOOK], must_call=True, most_tokens=50)
        await peer.provider.chat(peer.connection(), ask)
    openai, anthropic = models.heard
    assert openai["path"] == "/v1/chat/completions"
    assert openai["headers"]["authorization"] == f"Bearer {KEY}"
    body = openai["body"]
    assert [one["role"] for one in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert body["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"name": "nas"}'
    assert body["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "offline"}
    assert (body["tool_choice"], body["max_tokens"]) == ("required", 50)
    assert anthropic["path"] == "/v1/messages"
    assert anthropic["headers"]["x-api-key"] == KEY
    assert anthropic["headers"]["anthropic-version"] == "2023-06-01"
    body = anthropic["body"]
    assert (body["system"], body["max_tokens"]) == ("You explain.", 50)
    assert body["messages"][1]["content"][1]["input"] == {"name": "nas"}
    assert body["messages"][2]["content"][0]["tool_use_id"] == "c1"
    assert body["tool_choice"] == {"type": "any"}


async def test_who_stops_listening_ends_the_request_at_once(models: ModelServer) -> None:
    peer, began = Peer("openai", models), time.monotonic()
    async with aclosing(peer.provider.stream(peer.connection(), asked("hang-later"))) as coming:
        assert isinstance(await anext(coming), Piece)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("make", [HttpAiProvider, FakeAi])
async def test_no_model_is_asked_inside_of_a_transaction(
    make: Callable[[], AiProvider], tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.snapshot():
        with pytest.raises((RuntimeError, AssertionError)):
            await make().health(Connection(Protocols.OPENAI, "http://127.0.0.1:1/v1"))
    await database.dispose()
