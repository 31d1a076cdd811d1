"""Passwords that were breached or are common, recognised without a network and without a list.

The file holds the first five bytes of the SHA-256 of each, sorted; `lab/common_passwords.py` makes
it and names its sources. What people add to a common password is taken off before it is looked up.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_PREFIX = 5
_SHORTEST = 4
_LEET = str.maketrans("4@3105$7!|", "aaeiossti" + "l")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
# Rows of the keyboard and of counting, as they are typed when twelve characters are demanded.
_ROWS = (
    "12345678901234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)
_FEWEST_KINDS = 4  # "aaaaaaaaaaaa", "abababababab"


def is_breached(password: str) -> bool:
    """Tell whether the password is among those that are tried first."""
    text = password.lower()
    if len(set(text)) < _FEWEST_KINDS or _is_row(text):
        return True
    return any(_is_known(form) for form in _forms(text))


def _forms(text: str) -> Iterator[str]:
    """Yield the text, and what is left of it without its usual decorations."""
    for form in (text, text.translate(_LEET)):
        bare = _EDGES.sub("", form)
        for one in (form, bare, form.rstrip("0123456789!?.#*")):
            yield one
            half = one[: len(one) // 2]
            if half * 2 == one:
                yield half
                yield _EDGES.sub("", half)


def _is_row(text: str) -> bool:
    return any(text in row * 2 or text in row[::-1] * 2 for row in _ROWS)


def _is_known(word: str) -> bool:
    if len(word) < _SHORTEST:
        return False
    if word in _own():
        return True
    wanted = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:_PREFIX]
    known = _prefixes()
    place = bisect_left(known, wanted)
    return place < len(known) and known[place] == wanted


@lru_cache
def _prefixes() -> tuple[bytes, ...]:
    data = (_FOLDER / "breached_passwords.bin").read_bytes()
    return tuple(data[at : at + _PREFIX] for at in range(0, len(data), _PREFIX))


@lru_cache
def _own() -> frozenset[str]:
    return frozenset((_FOLDER / "common_passwords.txt").read_text(encoding="utf-8").split())
