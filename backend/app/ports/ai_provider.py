"""What we ask of a language model: answer this, with these tools, in this form.

Providers differ in how they spell a conversation; here it has one shape, and one set of failures.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from app.kernel.errors import JsonValue

JsonObject: TypeAlias = Mapping[str, JsonValue]


class Protocols(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"  # chat completions: OpenAI, Ollama, vLLM, llama.cpp's server
    ANTHROPIC = "anthropic"  # messages


class Failure(StrEnum):
    """Why there is no answer."""

    ADDRESS_REFUSED = "address_refused"  # an address that Unity never speaks to
    NOT_REACHED = "not_reached"  # no such name, no connection
    TIMED_OUT = "timed_out"  # silent for too long
    KEY_REFUSED = "key_refused"  # the API key is missing or wrong
    UNKNOWN_MODEL = "unknown_model"  # no such model, or no such address
    BUSY = "busy"  # asked to wait (429)
    OVERLOADED = "overloaded"  # its own failure (5xx)
    NOT_TAKEN = "not_taken"  # it cannot do what was asked: too long, no tools
    CUT_OFF = "cut_off"  # the answer ended before its end
    GARBLED = "garbled"  # the answer is not in the provider's own form
    DECLINED = "declined"  # the model refuses to answer


class ProviderFailed(Exception):
    """There is no answer. The text is for people and holds no secret."""

    def __init__(
        self, failure: Failure, detail: str, *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail
        self.retry_after = retry_after  # what the provider asked for


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a provider is, and how long it may take."""

    protocol: Protocols
    base_url: str
    api_key: str = field(default="", repr=False)
    silence: timedelta = timedelta(seconds=60)  # the longest pause, before and within an answer
    limit: timedelta = timedelta(seconds=180)  # for the whole answer


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool to be used."""

    id: str
    name: str
    arguments: str  # JSON as the model wrote it, which need not be valid


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool said."""

    call_id: str
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What we say."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What the model said."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """What the tools said that the model asked for: one result for each call."""

    results: tuple[ToolResult, ...]


Turn: TypeAlias = UserTurn | ModelTurn | ToolTurn


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may ask for; the parameters are a JSON schema."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a structured answer, as a JSON schema. The provider is asked, not trusted."""

    name: str
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. With a `form`, the answer's text is JSON; a form and tools exclude each other.

    `must_call` has the model use a tool, where the provider can be told so.
    """

    model: str
    system: str
    turns: Sequence[Turn]
    tools: Sequence[Tool] = ()
    form: Form | None = None
    must_call: bool = False
    most_tokens: int = 1000


class Stop(StrEnum):
    """Why the model stopped."""

    END = "end"
    TOOLS = "tools"
    LENGTH = "length"  # `most_tokens` were used up


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the provider counts them; estimated where it does not say."""

    input_tokens: int
    output_tokens: int
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer."""

    text: str
    calls: tuple[ToolCall, ...]
    stop: Stop
    usage: Usage
    model: str  # the name that the provider gives it


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """That a provider answers, and how fast."""

    seconds: float
    models: tuple[str, ...]  # empty when it lists none


class AiProvider(Protocol):
    """Speaks to language models. Nothing is tried twice: who asks decides that."""

    async def chat(self, connection: Connection, ask: Ask) -> Answer:
        """Return the whole answer, or raise `ProviderFailed`."""
        ...

    def stream(self, connection: Connection, ask: Ask) -> AsyncGenerator[Piece | Answer, None]:
        """Yield pieces of the text as they come, and at the end the whole `Answer`.

        Raises `ProviderFailed`, also after pieces have come: an answer counts when it is whole.
        Closing the generator ends the request.
        """
        ...

    async def models(self, connection: Connection) -> Sequence[str]:
        """Return the names of the models; none when the provider lists none."""
        ...

    async def health(self, connection: Connection) -> Health:
        """Ask for the list of models, which costs nothing, and say how long it took."""
        ...
