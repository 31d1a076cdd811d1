"""Hours of the week on the wall clock of a zone: pure arithmetic, also when clocks change."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.schemas.core.notification_route import Hours

_DAY = timedelta(days=1)
_DAYS_AHEAD = 15  # every hour of a week comes within these


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


def _instant(day: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Return a time on the wall as an instant. One that spring skips comes an hour later."""
    return datetime.combine(day.date(), clock, tzinfo=zone).astimezone(UTC)


def _spans(one: Hours, zone: ZoneInfo, around: datetime) -> list[tuple[datetime, datetime]]:
    begin, end = _clock(one.begin), _clock(one.end)
    local = around.astimezone(zone)
    found = []
    for offset in range(-2, 3):
        day = local + offset * _DAY
        if day.weekday() not in one.days:
            continue
        last = day if end > begin else day + _DAY
        found.append((_instant(day, begin, zone), _instant(last, end, zone)))
    return found


def is_within(hours: Sequence[Hours], zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether a moment lies in one of the hours."""
    return any(begin <= now < end for one in hours for begin, end in _spans(one, zone, now))


def end_of(hours: Sequence[Hours], zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the hours that hold `now` end, also when the next ones follow at once."""
    moment = now
    for _ in range(_DAYS_AHEAD * 2):
        ends = [
            end
            for one in hours
            for begin, end in _spans(one, zone, moment)
            if begin <= moment < end
        ]
        if not ends:
            return moment
        moment = max(ends)
        if moment - now > 7 * _DAY:
            return moment  # hours that never end hold nothing for longer than a week
    return moment


def next_time(clock: str, zone: ZoneInfo, now: datetime, weekday: int | None) -> datetime:
    """Return the next time that the wall shows `clock`, on a day of the week or on any."""
    local = now.astimezone(zone)
    for offset in range(_DAYS_AHEAD):
        day = local + offset * _DAY
        moment = _instant(day, _clock(clock), zone)
        if moment > now and weekday in (None, day.weekday()):
            return moment
    raise ValueError("Every time of day comes within two weeks.")
