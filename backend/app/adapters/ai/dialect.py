"""What a protocol has to be able to do: spell a request, and read answers whole or in pieces."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.kernel.errors import JsonValue
from app.kernel.text import printable
from app.ports.ai_provider import Answer, Ask, Connection, Failure, ProviderFailed, Usage

Document = Mapping[str, JsonValue]
_CHARACTERS_A_TOKEN = 4  # a rule of thumb for English, where a server does not count


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; the headers hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Document | None = field(default=None, repr=False)


class Reader(Protocol):
    """Puts a streamed answer together."""

    @property
    def is_over(self) -> bool:
        """Whether the end has come."""
        ...

    def take(self, document: Document) -> str:
        """Take one event; return the text that it brings."""
        ...

    def answer(self) -> Answer:
        """Return the whole answer, or raise `ProviderFailed` when the end has not come."""
        ...


class Dialect(Protocol):
    """One protocol."""

    def call(self, connection: Connection, body: Document | None) -> Call:
        """Return the request that sends a body; without one, that for the list of models."""
        ...

    def body(self, ask: Ask, *, is_stream: bool) -> Document:
        """Spell a request."""
        ...

    def answer(self, document: Document, ask: Ask) -> Answer:
        """Read a whole answer."""
        ...

    def reader(self, ask: Ask) -> Reader:
        """Return what reads a streamed answer."""
        ...

    def names(self, document: Document) -> tuple[str, ...]:
        """Read the list of models."""
        ...


def garbled(what: str) -> ProviderFailed:
    """Return the failure of an answer that lacks something."""
    return ProviderFailed(Failure.GARBLED, f"The provider's answer has no valid {what}.")


def cut_off() -> ProviderFailed:
    """Return the failure of an answer that ended too early."""
    return ProviderFailed(
        Failure.CUT_OFF, "The provider's answer broke off in the middle; what came is not shown."
    )


def declined(why: str = "") -> ProviderFailed:
    """Return the failure of a model that does not want to."""
    said = " ".join(printable(why).split())[:300]
    return ProviderFailed(
        Failure.DECLINED,
        f"The model declined to answer: {said}" if said else "The model declined to answer.",
    )


def table(value: JsonValue, what: str) -> Document:
    """Return an object, or raise."""
    if not isinstance(value, dict):
        raise garbled(what)
    return value


def text_of(value: JsonValue) -> str:
    """Return a text; anything else counts as none."""
    return value if isinstance(value, str) else ""


def count_of(value: JsonValue) -> int | None:
    """Return a number of tokens, if it is one."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count and isinstance(value, int) else None


def usage_of(given: int | None, made: int | None, ask: Ask, said: str) -> Usage:
    """Return what the provider counted, estimated where it did not."""
    if given is not None and made is not None:
        return Usage(given, made)
    sent = len(ask.system) + sum(len(str(turn)) for turn in ask.turns)
    return Usage(
        given if given is not None else -(-sent // _CHARACTERS_A_TOKEN),
        made if made is not None else -(-len(said) // _CHARACTERS_A_TOKEN),
        is_estimated=True,
    )


def names_of(document: Document) -> tuple[str, ...]:
    """Read `{"data": [{"id": …}]}`, the list of models of both protocols."""
    rows = document.get("data")
    if not isinstance(rows, list):
        raise garbled("list of models")
    names = [text_of(row.get("id")) for row in rows if isinstance(row, dict)]
    return tuple(sorted(printable(name)[:200] for name in names if name))
