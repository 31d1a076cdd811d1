"""The answers of a round by their keys, and careful numbers out of them."""

import math
import re
from collections.abc import Iterable, Iterator

from app.kernel.text import printable
from app.ports.database_driver import Answer, Missing, Row, Value
from app.services.core.facts import Unparsable
from app.services.infrastructure.databases.figures import Figure, Labels, Share, percent
from app.services.infrastructure.facts.document import Node, find_document

_LITERALS = re.compile(r"""'(?:[^'\\]|''|\\.)*'?|"(?:[^"\\]|\\.)*"?|\b\d[\w.]*""")
_LARGEST = 2.0**64
_WORDS = {
    Missing.NO_RIGHT: "The login may not read this.",
    Missing.ABSENT: "This version, or this setting, has no such thing.",
    Missing.TIMED_OUT: "It did not answer in time.",
    Missing.FAILED: "The question failed.",
}
_NOT_ASKED = "It was not asked this time."
_LONGEST = 300


class Answers:
    """What came of the questions of one round."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._by_key = {answer.key: answer for answer in answers}

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._by_key.values())

    def get(self, key: str) -> Answer | None:
        """Return an answer, or None where it was not asked."""
        return self._by_key.get(key)

    def rows(self, key: str) -> tuple[Row, ...]:
        """Return the rows of an answer."""
        answer = self._by_key.get(key)
        return () if answer is None else answer.rows

    def row(self, key: str) -> Row:
        """Return the first row, or one without columns."""
        return next(iter(self.rows(key)), {})

    def text(self, key: str) -> str:
        """Return the text of an answer."""
        answer = self._by_key.get(key)
        return "" if answer is None else answer.text

    def document(self, key: str) -> Node:
        """Return the text of an answer as a document; one that is none reads as nothing."""
        try:
            return find_document(key, self.text(key))
        except Unparsable:
            return Node(None)

    def why(self, *keys: str) -> str:
        """Say why nothing came of these questions; nothing where all were answered."""
        for key in keys:
            answer = self._by_key.get(key)
            if answer is None:
                return _NOT_ASKED
            if answer.missing is not None:
                detail = f" ({answer.detail})" if answer.detail else ""
                return f"{_WORDS[answer.missing]}{detail}"
        return ""

    def figure(
        self, kind: str, value: float | None, *keys: str, why: str = "", labels: Labels = ()
    ) -> Figure:
        """Return a number that comes from these answers; without one, the reason."""
        if value is not None:
            return Figure(key=kind, value=value, labels=labels)
        return Figure(key=kind, why=self.why(*keys) or why or "It is not told.", labels=labels)

    def share(
        self, kind: str, part: float | None, whole: float | None, *keys: str, why: str
    ) -> Figure:
        """Return a share in percent of what was counted since the engine's start."""
        one = self.figure(kind, percent(part, whole), *keys, why=why)
        if part is not None and whole is not None:
            one.share = Share(part=part, whole=whole)
        return one


def number(value: Value) -> float | None:
    """Return a finite number, of whatever type the wire gave it."""
    if isinstance(value, bool) or value is None:
        return None if value is None else float(value)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < _LARGEST else None


def of(row: Row, name: str) -> float | None:
    """Return a number out of a row."""
    return number(row.get(name))


def word(row: Row, name: str) -> str:
    """Return a text out of a row, safe to show."""
    value = row.get(name)
    return "" if value is None else printable(str(value))[:_LONGEST].strip()


def lower(row: Row) -> Row:
    """Return a row whose columns are in small letters; MySQL 8 writes its own in capitals."""
    return {name.lower(): value for name, value in row.items()}


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def largest(values: Iterable[float | None]) -> float | None:
    """Return the largest of what is known; None where nothing is."""
    return max((value for value in values if value is not None), default=None)


def without_literals(row: Row, name: str) -> str:
    """Return a query without its values, which may be anybody's data or a password."""
    return _LITERALS.sub("?", word(row, name))
