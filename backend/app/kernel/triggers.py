"""The text of a schedule: `every 5m`, `every 90s`, `cron 30 3 * * 1-5`.

Pure text and numbers, so that services can judge what a person typed; the mathematics of fire
times belongs to the schedulers.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from app.kernel.errors import InvalidInput

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(?P<all>\*)|(?P<first>\w{1,3})(?:-(?P<last>\w{1,3}))?")

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=366)


class TriggerNotValid(InvalidInput):
    """Nobody can tell when this should be."""

    title = "The schedule is not valid"


@dataclass(frozen=True, slots=True)
class Every:
    """At a fixed interval, counted from the epoch, so that all processes agree on the ticks."""

    interval: timedelta

    def __str__(self) -> str:
        """Return the text that `parse` reads back."""
        seconds = int(self.interval.total_seconds())
        unit = next(name for name, size in _UNITS.items() if seconds % size == 0)
        return f"every {seconds // _UNITS[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a five-field crontab line, in the zone of the settings.

    As cron has it: 0 and 7 are Sunday, and when day and weekday are both given, either will do.
    """

    line: str

    def __str__(self) -> str:
        """Return the text that `parse` reads back."""
        return f"cron {self.line}"


Trigger = Every | Cron


def parse(text: str) -> Trigger:
    """Read `every <number><d|h|m|s>` or `cron <five fields>`, or raise `TriggerNotValid`."""
    word, _, rest = text.strip().partition(" ")
    if word == "every":
        return Every(_interval(rest.strip()))
    if word == "cron":
        line = " ".join(rest.split())
        cron_fields(line)
        return Cron(line)
    raise TriggerNotValid(
        f"{text[:60]!r} is no schedule.", fix="Write it as: every 5m, or: cron 30 3 * * 1-5."
    )


def _interval(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,9})([dhms])", text)
    if found is None:
        raise TriggerNotValid(
            f"{text[:60]!r} is no interval.", fix="Write a number and d, h, m or s: 5m."
        )
    interval = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if not SHORTEST <= interval <= LONGEST:
        raise TriggerNotValid(
            f"{text} is too short or too long.", fix="Take between 1 second and 366 days."
        )
    return interval


def cron_fields(line: str) -> tuple[frozenset[int] | None, ...]:
    """Return the values of each field, None for `*`; weekdays count from 0, Sunday."""
    texts = line.split()
    if len(texts) != len(_FIELDS):
        raise TriggerNotValid(
            f"A cron line has five fields, this one has {len(texts)}.",
            fix="They are: minute hour day month weekday.",
        )
    values = [
        None if text == "*" else _values(text, name, low, high)
        for text, (name, low, high) in zip(texts, _FIELDS, strict=True)
    ]
    weekdays = values[4]
    _check_date(values[2], values[3])
    if weekdays is not None:
        values[4] = frozenset(day % 7 for day in weekdays)
    return tuple(values)


def _values(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        body, slash, step_text = part.partition("/")
        match = _PART.fullmatch(body)
        step = int(step_text) if step_text.isdecimal() and len(step_text) < 4 else 0  # noqa: PLR2004 - no field needs more digits
        if match is None or (slash and not step):
            raise _wrong(text, name, low, high)
        if match["all"]:
            first, last = low, high
        else:
            first = _number(match["first"], text, name, low, high)
            last = _number(match["last"], text, name, low, high) if match["last"] else first
            if slash and not match["last"]:
                last = high
        if not low <= first <= last <= high:
            raise _wrong(text, name, low, high)
        found.update(range(first, last + 1, step or 1))
    return frozenset(found)


def _check_date(days: frozenset[int] | None, months: frozenset[int] | None) -> None:
    """Refuse the 31st of February: nobody would notice that it never comes."""
    longest = max(_LENGTHS[month] for month in months or range(1, 13))
    if days is not None and min(days) > longest:
        raise TriggerNotValid(
            f"Day {min(days)} never comes in that month.", fix="Take an earlier day."
        )


def _number(word: str, text: str, name: str, low: int, high: int) -> int:
    if word.isascii() and word.isdecimal():
        return int(word)
    names = {"month": _MONTHS, "weekday": WEEKDAYS}.get(name, ())
    if word.lower() not in names:
        raise _wrong(text, name, low, high)
    return names.index(word.lower())


def _wrong(text: str, name: str, low: int, high: int) -> TriggerNotValid:
    return TriggerNotValid(
        f"{text[:60]!r} is no {name} of a cron line.",
        fix=f"Use *, numbers from {low} to {high}, ranges (1-5), lists (1,3) and steps (*/2).",
    )
