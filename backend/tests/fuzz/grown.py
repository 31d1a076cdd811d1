"""Long answers made of real ones: what noise does not find, a line that comes a thousand times."""

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fuzz.parsers import ALLOWED, Target

SIZE = 100_000
_MOST_LINES = 60  # of a parser
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, order=True)
class Cost:
    """Seconds of CPU for the slowest of the long answers, and what was repeated in it."""

    seconds: float = 0.0
    repeated: str = ""


def slowest(target: Target, size: int = SIZE) -> Cost:
    """Return what the slowest of a parser's long answers takes; each is measured twice."""
    return max(
        (Cost(seconds_of(target, text), what) for what, text in long_answers(target, size)),
        default=Cost(),
    )


def seconds_of(target: Target, text: str) -> float:
    """Return the CPU that one parse takes, the better of two."""
    found = []
    for _ in range(2):
        began = time.process_time()
        with contextlib.suppress(*ALLOWED):
            target.parse(text)
        found.append(time.process_time() - began)
    return min(found)


def long_answers(target: Target, size: int = SIZE) -> Iterator[tuple[str, str]]:
    """Yield known answers again and again, and with each sort of line or entry repeated."""
    met: set[str] = set()
    known = {seed[: size // 2] for seed in target.seeds if seed}
    for seed in sorted(known, key=len, reverse=True):
        yield f"{seed[:40]!r}", _repeated(seed, size)
        yield from _with_long_lists(seed, size)
        lines = seed.splitlines(keepends=True)
        places = {_NUMBER.sub("0", line): place for place, line in enumerate(lines)}
        places["\n"] = len(lines) - 1
        for line, place in places.items():
            if line not in met and len(met) < _MOST_LINES:
                met.add(line)
                before, behind = "".join(lines[: place + 1]), "".join(lines[place + 1 :])
                yield repr(line), before + _repeated(line, size - len(seed)) + behind


def _with_long_lists(seed: str, size: int) -> Iterator[tuple[str, str]]:
    """Repeat the entries of each list of a document, and of each object of objects."""
    try:
        document = json.loads(seed)
    except ValueError:
        return
    for entries in _lists(document):
        said = json.dumps(entries)
        times = max(1, (size - len(seed)) // len(said))
        if isinstance(entries, list):
            kept = list(entries)
            entries.extend(kept * (times - 1))
            yield said[:60], json.dumps(document)
            entries[:] = kept
        else:
            own = dict(entries)
            entries.update(
                (f"{name}-{number}", value)
                for number in range(times)
                for name, value in own.items()
            )
            yield said[:60], json.dumps(document)
            entries.clear()
            entries.update(own)


def _lists(node: object) -> Iterator[list[object] | dict[str, object]]:
    if isinstance(node, list):
        if node:
            yield node
        inner = list(node)
    elif isinstance(node, dict):
        if node and all(isinstance(value, dict) for value in node.values()):
            yield node
        inner = list(node.values())
    else:
        return
    for one in inner:
        yield from _lists(one)


def _repeated(text: str, size: int) -> str:
    """Repeat a text with other numbers each time, so that no two are the same."""
    parts: list[str] = []
    done = 0
    while done < size:
        number = str(len(parts) + 1)
        part = _NUMBER.sub(number, text)
        parts.append(part)
        done += len(part)
    return "".join(parts)[:size]
