"""What a person is told while the model answers."""

import uuid
from dataclasses import dataclass
from typing import TypeAlias

from app.schemas.core.assistant import AnswerLink


@dataclass(frozen=True, slots=True)
class Said:
    """Some more of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Looking:
    """A tool is used."""

    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole answer of a question, with its links."""

    text: str
    links: tuple[AnswerLink, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The end, and what it came to."""

    exchange_id: uuid.UUID
    is_cut: bool  # the answer reached its limit
    host: str
    model: str
    input_tokens: int
    output_tokens: int
    seconds: float


AnswerEvent: TypeAlias = Said | Looking | Answered | Finished
