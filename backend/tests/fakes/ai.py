"""A provider in memory: the `AiProvider` port without a network.

The name of the model says what happens, as with the server of the tests; `script` holds what the
next requests are answered with.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from app.kernel.database import in_transaction
from app.ports.ai_provider import (
    AiProvider,
    Answer,
    Ask,
    Connection,
    Failure,
    Health,
    Piece,
    ProviderFailed,
    Stop,
    ToolCall,
    Usage,
)
from tests.parts.ai_server import MODELS, PIECES, TEXT

_FAILURES = {
    "busy": Failure.BUSY,
    "broken": Failure.OVERLOADED,
    "overloaded": Failure.OVERLOADED,
    "unknown": Failure.UNKNOWN_MODEL,
    "locked": Failure.KEY_REFUSED,
    "needs-key": Failure.KEY_REFUSED,
    "hang": Failure.TIMED_OUT,
    "malformed": Failure.GARBLED,
    "html": Failure.GARBLED,
    "wrong-shape": Failure.GARBLED,
    "silent": Failure.GARBLED,
    "refuse": Failure.DECLINED,
    "cut": Failure.CUT_OFF,
    "moved": Failure.NOT_TAKEN,
}
_LATER = {
    "hang-later": Failure.TIMED_OUT,
    "ended-early": Failure.CUT_OFF,
    "error-later": Failure.OVERLOADED,
    "cut": Failure.CUT_OFF,
}


@dataclass
class FakeAi:
    """Keeps what was asked. `script` holds the next answers, or failures."""

    asked: list[Ask] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    script: list[Answer | ProviderFailed] = field(default_factory=list)
    closed: int = 0

    async def chat(self, connection: Connection, ask: Ask) -> Answer:
        return self._next(connection, ask)

    async def stream(
        self, connection: Connection, ask: Ask
    ) -> AsyncGenerator[Piece | Answer, None]:
        if ask.model in _LATER:
            self._note(connection, ask)
            yield Piece(PIECES[0])
            raise _failed(_LATER[ask.model])
        answer = self._next(connection, ask)
        try:
            pieces = PIECES if answer.text == TEXT else tuple(answer.text)
            for piece in pieces:
                yield Piece(piece)
            yield answer
        except GeneratorExit:
            self.closed += 1
            raise

    async def models(self, connection: Connection) -> Sequence[str]:
        return (await self.health(connection)).models

    async def health(self, connection: Connection) -> Health:
        assert not in_transaction(), "A model was asked inside a database transaction."
        if "//169.254." in connection.base_url:
            raise _failed(Failure.ADDRESS_REFUSED)
        return Health(0.01, MODELS)

    def _note(self, connection: Connection, ask: Ask) -> None:
        assert not in_transaction(), "A model was asked inside a database transaction."
        self.asked.append(ask)
        self.connections.append(connection)

    def _next(self, connection: Connection, ask: Ask) -> Answer:
        self._note(connection, ask)
        if "//169.254." in connection.base_url:
            raise _failed(Failure.ADDRESS_REFUSED)
        if ask.model in _FAILURES:
            raise _failed(_FAILURES[ask.model])
        if self.script:
            found = self.script.pop(0)
            if isinstance(found, ProviderFailed):
                raise found
            return found
        return self._usual(ask)

    def _usual(self, ask: Ask) -> Answer:
        if ask.form is not None:
            return said('{"colour": "red", "letters": 3}')
        if ask.model == "tools":
            return calls(("look_up_server", '{"name": "nas"}'), ("second", "{}"))
        if ask.tools:
            return calls((ask.tools[0].name, '{"name": "nas"}'))
        if ask.model == "long":
            return Answer("The po", (), Stop.LENGTH, Usage(11, 7), "long-1")
        return said(TEXT, is_estimated=ask.model == "uncounted")


@dataclass
class Meanwhile:
    """Passes all on to another provider, and has something happen before an answer comes."""

    provider: AiProvider
    happens: Callable[[Answer], Awaitable[None]]

    async def chat(self, connection: Connection, ask: Ask) -> Answer:
        answer = await self.provider.chat(connection, ask)
        await self.happens(answer)
        return answer

    def stream(self, connection: Connection, ask: Ask) -> AsyncGenerator[Piece | Answer, None]:
        return self.provider.stream(connection, ask)

    async def models(self, connection: Connection) -> Sequence[str]:
        return await self.provider.models(connection)

    async def health(self, connection: Connection) -> Health:
        return await self.provider.health(connection)


def said(text: str, *, is_estimated: bool = False) -> Answer:
    """Return an answer of text."""
    return Answer(text, (), Stop.END, Usage(11, 7, is_estimated), "fake-1")


def calls(*wanted: tuple[str, str]) -> Answer:
    """Return an answer that wants tools."""
    made = tuple(ToolCall(f"c{place}", name, given) for place, (name, given) in enumerate(wanted))
    return Answer("", made, Stop.TOOLS, Usage(11, 7), "fake-1")


def _failed(failure: Failure) -> ProviderFailed:
    wait = timedelta(seconds=7) if failure is Failure.BUSY else None
    return ProviderFailed(failure, f"The fake is {failure.value}.", retry_after=wait)
