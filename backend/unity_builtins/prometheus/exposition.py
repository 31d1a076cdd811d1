"""Reads Prometheus' text format, and keeps what the form wants of it.

Written for one pass over lines: what is not wanted is left before it costs anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import isfinite

from unity_plugin import Kind

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)')
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_COUNTERS = frozenset({"counter"})
_SUFFIXES = ("_sum", "_count")


class NotExposition(Exception):
    """A line is none of the text format; its number is the argument."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value."""

    name: str
    labels: Mapping[str, str]
    value: float
    kind: Kind


@dataclass(slots=True)
class Wanted:
    """Which values are kept. Buckets of histograms never are: they are many, and no levels."""

    include: Sequence[str]
    exclude: Sequence[str] = ()
    without_labels: frozenset[str] = frozenset()
    most: int = 500
    most_labels: int = 10
    longest_label: int = 200


@dataclass(slots=True)
class Found:
    """What was kept, and how many lines were not, by reason."""

    lines: list[Line] = field(default_factory=list)
    seen: int = 0
    not_wanted: int = 0
    no_number: int = 0
    over_limit: int = 0
    odd_labels: int = 0
    repeated: int = 0


def sift(text: str, wanted: Wanted) -> Found:
    """Read all lines and keep the wanted ones."""
    found = Found()
    known: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    verdicts: dict[str, bool] = {}
    for line in _values(text):
        found.seen += 1
        if not verdicts.setdefault(line.name, _is_wanted(line.name, wanted)):
            found.not_wanted += 1
            continue
        kept = _labelled(line, wanted)
        if not isfinite(line.value):
            found.no_number += 1
        elif kept is None:
            found.odd_labels += 1
        elif (key := (line.name, tuple(sorted(kept.items())))) in known:
            found.repeated += 1
        elif len(found.lines) >= wanted.most:
            found.over_limit += 1
        else:
            known.add(key)
            found.lines.append(Line(line.name, kept, line.value, line.kind))
    return found


def _is_wanted(name: str, wanted: Wanted) -> bool:
    return (
        not name.endswith("_bucket")
        and any(fnmatchcase(name, one) for one in wanted.include)
        and not any(fnmatchcase(name, one) for one in wanted.exclude)
    )


def _labelled(line: Line, wanted: Wanted) -> Mapping[str, str] | None:
    """Return the labels that are kept; None when they are more, or longer, than allowed."""
    kept = {name: text for name, text in line.labels.items() if name not in wanted.without_labels}
    if len(kept) > wanted.most_labels:
        return None
    if any(len(text) > wanted.longest_label for text in kept.values()):
        return None
    return kept


def _values(text: str) -> Iterator[Line]:
    kinds: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("#"):
            words = line.split()
            if len(words) == 4 and words[1] == "TYPE":
                kinds[words[2]] = words[3]
            continue
        try:
            yield _value(line, kinds)
        except ValueError as error:
            raise NotExposition(number) from error


def _value(line: str, kinds: Mapping[str, str]) -> Line:
    named = _NAME.match(line)
    if named is None:
        raise ValueError("no name")
    at = named.end()
    labels: dict[str, str] = {}
    if line[at : at + 1] == "{":
        labels, at = _labels(line, at + 1)
    words = line[at:].split()
    if not 1 <= len(words) <= 2 and "#" not in words:  # an exemplar of OpenMetrics may follow
        raise ValueError("no value, or more than a value and a time")
    return Line(named[0], labels, float(words[0]), _kind(named[0], kinds))


def _labels(line: str, at: int) -> tuple[dict[str, str], int]:
    labels: dict[str, str] = {}
    while line[at : at + 1] != "}":
        found = _LABEL.match(line, at) or _LAST_LABEL.match(line, at)
        if found is None:
            raise ValueError("labels that do not end")
        labels[found[1]] = re.sub(r"\\(.)", _unescaped, found[2])
        at = found.end()
    return labels, at + 1


_LAST_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(?=\})')


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])


def _kind(name: str, kinds: Mapping[str, str]) -> Kind:
    """Tell what grows: counters, and the sums and counts of histograms and summaries."""
    if kinds.get(name) in _COUNTERS or kinds.get(name.removesuffix("_total")) in _COUNTERS:
        return Kind.COUNTER
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and kinds.get(name.removesuffix(suffix)) in {
            "histogram",
            "summary",
        }:
            return Kind.COUNTER
    return Kind.GAUGE
