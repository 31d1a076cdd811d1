"""JSON as tools print it: found behind their warnings, and read without trusting its shape."""

import json
import math
import re
from collections.abc import Iterator

from app.kernel.text import printable
from app.services.core.facts import Unparsable

# Counters of NVMe have 128 bits; more is no counter of anything.
_LARGEST = 2**128
_LONGEST = 256  # of a name
_TRIES = 4
_START = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)
_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)  # NaN and Infinity are no answers


class Node:
    """A place in a document. What is not there, or of another kind, reads as nothing."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def at(self, *path: str) -> "Node":
        """Return the place below these names."""
        value = self.value
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return Node(value)

    def items(self) -> Iterator["Node"]:
        """Yield the entries of a list; tools leave holes in theirs."""
        if isinstance(self.value, list):
            yield from (Node(entry) for entry in self.value if entry is not None)

    def names(self) -> list[str]:
        """Return the names in an object."""
        return [str(name) for name in self.value] if isinstance(self.value, dict) else []

    def has(self, name: str) -> bool:
        """Say whether an object has this name."""
        return isinstance(self.value, dict) and name in self.value

    def count(self) -> int | None:
        """Return a whole number that is not negative; some versions print numbers as text."""
        value = self.value
        if isinstance(value, bool):
            return None
        if isinstance(value, str):
            text = value.strip()
            value = int(text) if text.isdecimal() and text.isascii() and len(text) < 40 else None  # noqa: PLR2004 - digits of 2**128
        if isinstance(value, float) and math.isfinite(value):
            value = int(value)
        if isinstance(value, int) and 0 <= value < _LARGEST:
            return value
        return None

    def number(self) -> float | None:
        """Return a finite number."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def flag(self) -> bool | None:
        """Return true or false; older versions print 1 and 0, or the words."""
        match self.value:
            case bool():
                return self.value
            case 1 | "1":
                return True
            case 0 | "0":
                return False
            case _:
                return None

    def word(self) -> str:
        """Return a short text, safe to show; numbers as they are printed."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        # A whole number may be an identity of 64 bits: not a digit of it may be lost.
        text = f"{value:.0f}" if isinstance(value, float) else str(value)
        return printable(text[:_LONGEST]).strip()


def find_document(fact: str, text: str) -> Node:
    """Return the first JSON document of an answer, whatever stands before and behind it."""
    for tried, match in enumerate(_START.finditer(text)):
        if tried >= _TRIES:
            break
        try:
            value, _ = _DECODER.raw_decode(text, match.end() - 1)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict | list):
            return Node(value)
    raise Unparsable(fact, "no whole JSON document")
