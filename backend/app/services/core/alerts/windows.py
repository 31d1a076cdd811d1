"""When a maintenance window is open: pure arithmetic over local times, rules and time zones.

A window begins at a time on the wall clock of its zone and lasts a length of real time, as RFC 5545
has it: one that begins at 22:00 for eight hours ends at 06:00, and an hour earlier or later in the
two nights of the year when the clocks change. A beginning that the spring change leaves out moves
on by the hour that is missing; one that the autumn change repeats counts the first time only.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.kernel.errors import InvalidInput, JsonValue

LONGEST = timedelta(days=31)
SHORTEST = timedelta(minutes=1)
# No rule goes on for longer, so that one which never comes (30 February) is found out quickly.
_HORIZON = timedelta(days=366 * 50)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
# The calendar repeats every 400 years, weekdays included, and a search ends with the year 9999:
# that much later, one that finds nothing is at its end after some hundred years, not 8,000.
_LATER = 19 * 400
_MOST_RULE_LENGTH = 300
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"})
# Days of the month with DAILY or WEEKLY are a filter that may let nothing through, and the search
# would go on to the year 9999; with MONTHLY they say the same and end at once.
_PARTS = {
    "DAILY": _ALWAYS,
    "WEEKLY": _ALWAYS,
    "MONTHLY": _ALWAYS | {"BYMONTHDAY", "BYSETPOS"},
    "YEARLY": _ALWAYS | {"BYMONTHDAY", "BYSETPOS"},
}


class WindowNotValid(InvalidInput):
    """Nobody can tell when this window is open."""

    title = "The maintenance window is not valid"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a window is open: its first beginning on the wall clock, its length, and its rule."""

    zone: str  # of the IANA database: Europe/Berlin
    start: datetime  # on the wall clock of the zone, without a zone of its own
    duration: timedelta
    rule: str = ""  # RFC 5545 without DTSTART: FREQ=WEEKLY;BYDAY=SU; empty for a single time


@dataclass(frozen=True, slots=True)
class Span:
    """One time that a window is open; the end does not belong to it."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.start <= moment < self.end


def check(schedule: Schedule) -> None:
    """Raise `WindowNotValid` when a part of it cannot be, or when it never comes."""
    zone_of(schedule.zone)
    if schedule.start.tzinfo is not None:
        raise _refused("start", "The beginning is a time on the wall clock, without an offset.")
    if not _FIRST_YEAR <= schedule.start.year <= _LAST_YEAR:
        raise _refused("start", f"The beginning lies between {_FIRST_YEAR} and {_LAST_YEAR}.")
    if not SHORTEST <= schedule.duration <= LONGEST:
        raise _refused("duration_seconds", "A window lasts between a minute and 31 days.")
    if schedule.rule and not any(True for _ in _days(schedule, schedule.start, _last(schedule))):
        raise _refused(
            "rule", f"The rule {schedule.rule!r} never comes.", "Look at its days and its end."
        )


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of a name of the IANA database, or raise `WindowNotValid`."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        fix = "Write it as Europe/Berlin or UTC."
        raise _refused("zone", f"There is no time zone {name!r}.", fix) from error


def spans(schedule: Schedule, begin: datetime, end: datetime) -> Iterator[Span]:
    """Return the times open that touch `begin` to `end`, in order."""
    zone = zone_of(schedule.zone)
    # Two days more at both sides: offsets differ by up to 26 hours, and gaps push a start on.
    left = begin.astimezone(zone).replace(tzinfo=None) - schedule.duration - timedelta(days=2)
    right = end.astimezone(zone).replace(tzinfo=None) + timedelta(days=2)
    for span in _opened(schedule, _walls(schedule, left, right)):
        if span.start < end and span.end > begin:
            yield span


def open_span(schedule: Schedule, now: datetime) -> Span | None:
    """Return the time open that holds `now`, the one that ends last when several do."""
    found = [
        span for span in _spans_around(schedule, now.astimezone(UTC).date()) if span.holds(now)
    ]
    return max(found, key=lambda span: span.end, default=None)


def next_spans(schedule: Schedule, now: datetime, count: int) -> list[Span]:
    """Return the times open now and next, at most `count`."""
    found: list[Span] = []
    begin, length = now, timedelta(days=40)
    horizon = now + _HORIZON
    while len(found) < count and begin < horizon:
        end = begin + length
        found += [
            span for span in spans(schedule, begin, end) if span.start >= begin or begin == now
        ]
        begin, length = end, 4 * length
    return found[:count]


@lru_cache(maxsize=1024)
def _spans_around(schedule: Schedule, day: date) -> tuple[Span, ...]:
    """Return the times open that touch a day (UTC): every alert is compared with every window."""
    begin = datetime.combine(day, time(), UTC)
    return tuple(spans(schedule, begin, begin + timedelta(days=1)))


def _opened(schedule: Schedule, walls: Iterable[datetime]) -> Iterator[Span]:
    zone = zone_of(schedule.zone)
    for wall in walls:
        start = wall.replace(tzinfo=zone).astimezone(UTC)
        yield Span(start, start + schedule.duration)


def _walls(schedule: Schedule, left: datetime, right: datetime) -> Iterator[datetime]:
    """Yield the beginnings from `left` to `right` on the wall clock, both included."""
    if schedule.rule:
        yield from _days(schedule, left, min(right, _last(schedule)))
    elif left <= schedule.start <= right:
        yield schedule.start


@lru_cache(maxsize=1024)
def _last(schedule: Schedule) -> datetime:
    """Return a time after which no beginning comes."""
    parts = _parts(schedule.rule)
    last, until = schedule.start + _HORIZON, _until(parts.get("UNTIL"), schedule.zone)
    if until is not None:
        last = min(last, until)
    if "COUNT" not in parts:
        return last
    counted = islice(_days(schedule, schedule.start, last), int(parts["COUNT"]))
    return next(iter(deque(counted, maxlen=1)), last)


def _days(schedule: Schedule, left: datetime, right: datetime) -> Iterator[datetime]:
    """Yield the beginnings of a rule from `left` to `right`, whatever COUNT and UNTIL say.

    The search begins shortly before `left`, so that it costs the same after thirty years.
    """
    parts, left = _explicit(_parts(schedule.rule), schedule.start), max(left, schedule.start)
    if left > right:
        return
    line = ";".join(f"{name}={value}" for name, value in parts.items())
    near = _near(parts["FREQ"], int(parts.get("INTERVAL", "1")), schedule.start, left)
    try:
        rule = rrulestr(line, dtstart=_moved(near, _LATER))
        if not isinstance(rule, rrule):
            raise _wrong(schedule.rule, "only one rule counts")
        for late in rule.replace(until=_moved(right, _LATER)):
            if (day := _moved(late, -_LATER)) >= left:
                yield day
    except ValueError as error:
        raise _wrong(schedule.rule, str(error)) from error
    except (TypeError, KeyError, IndexError, OverflowError) as error:
        raise _wrong(schedule.rule, "its parts do not fit together") from error


def _explicit(parts: dict[str, str], start: datetime) -> dict[str, str]:
    """Write down what a rule takes from its first beginning, and leave out where it ends."""
    rest = {name: value for name, value in parts.items() if name not in {"COUNT", "UNTIL"}}
    if rest["FREQ"] not in {"MONTHLY", "YEARLY"} or rest.keys() & {"BYDAY", "BYMONTHDAY"}:
        return rest
    month = {"BYMONTH": str(start.month)} if rest["FREQ"] == "YEARLY" else {}
    return {**month, **rest, "BYMONTHDAY": str(start.day)}


def _near(frequency: str, interval: int, start: datetime, left: datetime) -> datetime:
    """Return a beginning of the rule's count of periods, at least one period before `left`."""
    if frequency in {"DAILY", "WEEKLY"}:
        period = timedelta(days=interval * (7 if frequency == "WEEKLY" else 1))
        return start + max(0, (left - start) // period - 1) * period
    first = start.replace(day=1) if frequency == "MONTHLY" else start.replace(month=1, day=1)
    months = interval * (12 if frequency == "YEARLY" else 1)
    passed = 12 * (left.year - first.year) + left.month - first.month
    year, month = divmod(first.month - 1 + max(0, passed // months - 1) * months, 12)
    return first.replace(year=first.year + year, month=month + 1)


def _moved(wall: datetime, years: int) -> datetime:
    return wall.replace(year=wall.year + years)


def _parts(text: str) -> dict[str, str]:
    if len(text) > _MOST_RULE_LENGTH:
        raise _wrong(text[:60], "it is too long")
    parts: dict[str, str] = {}
    for piece in text.upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, is_pair, value = piece.partition("=")
        if not is_pair or not value:
            raise _wrong(text, f"{piece[:40]!r} is no part of a rule")
        if name in parts:
            raise _wrong(text, f"{name} stands there twice")
        parts[name] = value
    allowed = _PARTS.get(parts.get("FREQ", ""))
    if allowed is None:
        raise _wrong(text, "FREQ is one of DAILY, WEEKLY, MONTHLY and YEARLY")
    unknown = sorted(parts.keys() - allowed)
    if unknown:
        raise _wrong(text, f"{unknown[0][:40]} has no place in a {parts['FREQ']} rule")
    _check_numbers(text, parts)
    return parts


def _check_numbers(text: str, parts: dict[str, str]) -> None:
    """Refuse numbers that are senseless, or would keep the search for the next day busy."""
    for name, most in (("INTERVAL", 1000), ("COUNT", 10_000), ("BYMONTH", 12)):
        for value in parts.get(name, "1").split(","):
            if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= most):
                raise _wrong(text, f"{name} is a number from 1 to {most}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _wrong(text, "COUNT and UNTIL exclude each other")
    if parts["FREQ"] == "DAILY" and "BYDAY" in parts and parts.get("INTERVAL", "1") != "1":
        raise _wrong(text, "weekdays and every so many days exclude each other")


def _until(text: str | None, zone: str) -> datetime | None:
    """Read UNTIL: a day, a time on the wall clock, or (with Z) a time in UTC."""
    if text is None:
        return None
    try:
        if text.endswith("Z"):
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return moment.astimezone(zone_of(zone)).replace(tzinfo=None)
        if "T" in text:
            return _naive(text, "%Y%m%dT%H%M%S")
        return _naive(text, "%Y%m%d") + timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError) as error:
        raise _wrong(f"UNTIL={text}", "UNTIL is a day such as 20271231") from error


def _naive(text: str, form: str) -> datetime:
    # UTC is put on and taken off again: what is read is a time on some wall.
    return datetime.strptime(text, form).replace(tzinfo=UTC).replace(tzinfo=None)


def _wrong(text: str, why: str) -> WindowNotValid:
    fix = "Write it as FREQ=WEEKLY;BYDAY=SU or FREQ=DAILY."
    return _refused("rule", f"{text!r} is no rule: {why}.", fix)


def _refused(field: str, detail: str, fix: str = "") -> WindowNotValid:
    errors: list[JsonValue] = [{"detail": detail, "pointer": f"/body/{field}"}]
    return WindowNotValid(detail, fix=fix, errors=errors)
