"""Windows against independent truths: dateutil's rules and zones, and the clocks themselves."""

import tracemalloc
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from dateutil import tz
from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.services.core.alerts.windows import (
    Schedule,
    Span,
    WindowNotValid,
    check,
    next_spans,
    open_span,
    spans,
)

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# Half hours, offsets beyond twelve, a change at midnight, one of half an hour, and none.
ZONES = (
    *(BERLIN, NEW_YORK, "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"),
    *("Pacific/Auckland", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Asia/Beirut"),
    *("Europe/London", "Pacific/Kiritimati", "America/Santiago", "Asia/Tehran", "Africa/Cairo"),
)
RULES = (
    *("", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=SU", "FREQ=WEEKLY;BYDAY=SA,SU"),
    *("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "FREQ=MONTHLY;BYDAY=1SU", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    *("FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "FREQ=DAILY;COUNT=40"),
    *("FREQ=DAILY;BYMONTH=3,11", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    *("FREQ=MONTHLY;INTERVAL=5", "FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=3;BYDAY=-1MO;WKST=SU"),
    *("FREQ=WEEKLY;INTERVAL=5;BYDAY=SU,MO;WKST=SU", "FREQ=YEARLY;BYDAY=WE;BYSETPOS=-1,1"),
    "FREQ=WEEKLY;BYDAY=SU;UNTIL=20291231T235959",
)
LATE_EVENING = datetime(2026, 3, 1, 22, 0)  # noqa: DTZ001 - a time on a wall


def wall(*parts: int) -> datetime:
    """Return a time on a wall clock."""
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a time on a wall


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def by_dateutil(zone: str, one: datetime) -> datetime:
    """Say when a wall shows a time, by dateutil's zones and its way out of a gap."""
    return tz.resolve_imaginary(one.replace(tzinfo=tz.gettz(zone))).astimezone(UTC)


def by_the_clock(zone: str, one: datetime) -> datetime:
    """Say the same by looking at the clock of the zone at every instant that it could be."""
    clock = zoneinfo.ZoneInfo(zone)
    plain = one.replace(tzinfo=UTC)
    offsets = {
        (plain + timedelta(hours=hours)).astimezone(clock).utcoffset() or timedelta()
        for hours in range(-30, 31, 2)
    }
    shown = [
        plain - offset
        for offset in offsets
        if (plain - offset).astimezone(clock).replace(tzinfo=None) == one
    ]
    if shown:
        return min(shown)
    before = (plain - timedelta(hours=30)).astimezone(clock).utcoffset() or timedelta()
    return plain - before


def truth(
    schedule: Schedule,
    begin: datetime,
    end: datetime,
    instant: Callable[[str, datetime], datetime] = by_the_clock,
) -> Iterator[Span]:
    """Return the spans that dateutil's rules and another clock give."""
    rule = rrulestr(schedule.rule, dtstart=schedule.start) if schedule.rule else None
    for one in iter([schedule.start]) if rule is None else rule:
        if one.replace(tzinfo=UTC) > end + timedelta(days=3):
            return
        if one.replace(tzinfo=UTC) < begin - schedule.duration - timedelta(days=3):
            continue
        start = instant(schedule.zone, one)
        span = Span(start, start + schedule.duration)
        if span.start < end and span.end > begin:
            yield span


schedules = st.builds(
    Schedule,
    zone=st.sampled_from(ZONES),
    start=st.datetimes(wall(2015, 1, 1, 0, 0), wall(2029, 12, 31, 23, 59)).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    duration=st.integers(1, 4 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    rule=st.sampled_from(RULES),
)
moments = st.datetimes(wall(2015, 1, 1, 0, 0), wall(2036, 12, 31, 0, 0), timezones=st.just(UTC))


NIGHTLY = Schedule(BERLIN, wall(2020, 1, 1, 2, 30), timedelta(hours=1), "FREQ=DAILY")
# dateutil takes the winter time of Casablanca, which is the exception there, for another one.
AGREED = tuple(zone for zone in ZONES if zone != "Africa/Casablanca")


@settings(max_examples=120, deadline=None)
@given(schedules, moments, st.integers(1, 400))
@example(NIGHTLY, utc(2026, 3, 27, 0, 0), 5)
@example(NIGHTLY, utc(2026, 10, 23, 0, 0), 5)
def test_spans_are_those_of_the_clocks(schedule: Schedule, begin: datetime, days: int) -> None:
    end = begin + timedelta(days=days)
    assert list(spans(schedule, begin, end)) == list(truth(schedule, begin, end))


@settings(max_examples=80, deadline=None)
@given(schedules.filter(lambda one: one.zone in AGREED), moments, st.integers(1, 400))
@example(NIGHTLY, utc(2026, 3, 27, 0, 0), 5)
@example(NIGHTLY, utc(2026, 10, 23, 0, 0), 5)
def test_spans_are_those_of_dateutil(schedule: Schedule, begin: datetime, days: int) -> None:
    end = begin + timedelta(days=days)
    assert list(spans(schedule, begin, end)) == list(truth(schedule, begin, end, by_dateutil))


@settings(max_examples=60, deadline=None)
@given(schedules, moments)
def test_a_window_is_open_exactly_within_its_spans(schedule: Schedule, now: datetime) -> None:
    found = open_span(schedule, now)
    holding = [
        span
        for span in truth(schedule, now - timedelta(days=8), now + timedelta(days=8))
        if span.holds(now)
    ]
    assert (found is not None) == bool(holding)
    if found is not None:
        assert found.holds(now)
        assert found.end == max(span.end for span in holding)


@settings(max_examples=40, deadline=None)
@given(schedules, moments, st.integers(1, 8))
def test_the_next_spans_are_the_first_of_all(schedule: Schedule, now: datetime, count: int) -> None:
    found = next_spans(schedule, now, count)
    wanted = islice(truth(schedule, now, now + timedelta(days=366 * 30)), count)
    assert found == list(wanted)


def test_a_nightly_window_opens_once_a_day_in_every_zone_of_the_world() -> None:
    """Each local night of four years has one window, whatever the clocks do."""
    begin, end = utc(2022, 1, 3, 0, 0), utc(2026, 1, 3, 0, 0)
    for zone in sorted(zoneinfo.available_timezones()):
        schedule = Schedule(zone, wall(2022, 1, 1, 2, 15), timedelta(minutes=30), "FREQ=DAILY")
        starts = [span.start for span in spans(schedule, begin, end)]
        assert 1460 <= len(starts) <= 1462, zone
        # Stations in Antarctica have put their clocks by three hours.
        shortest, longest = timedelta(hours=20), timedelta(hours=28)
        assert all(shortest <= b - a <= longest for a, b in pairwise(starts)), zone


def test_walking_by_the_minute_over_both_changes_gives_the_same() -> None:
    schedule = Schedule(BERLIN, LATE_EVENING, timedelta(hours=8), "FREQ=WEEKLY;BYDAY=SA")
    for begin in (utc(2026, 3, 28, 12, 0), utc(2026, 10, 24, 12, 0)):
        minutes = [
            begin + timedelta(minutes=one)
            for one in range(36 * 60)
            if open_span(schedule, begin + timedelta(minutes=one))
        ]
        assert len(minutes) == 8 * 60
        local = minutes[0].astimezone(zoneinfo.ZoneInfo(BERLIN))
        assert (local.hour, local.minute) == (22, 0)


def test_a_start_in_the_gap_moves_on_by_the_missing_hour() -> None:
    schedule = Schedule(BERLIN, wall(2026, 3, 29, 2, 30), timedelta(hours=1))
    assert next_spans(schedule, utc(2026, 3, 1, 0, 0), 2) == [
        Span(utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 2, 30))  # 03:30 to 04:30 summer time
    ]


def test_a_start_that_comes_twice_counts_the_first_time() -> None:
    schedule = Schedule(NEW_YORK, wall(2026, 11, 1, 1, 30), timedelta(minutes=15))
    found = next_spans(schedule, utc(2026, 10, 1, 0, 0), 2)
    assert found == [Span(utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 5, 45))]


def test_an_overnight_window_is_open_after_midnight() -> None:
    schedule = Schedule(BERLIN, LATE_EVENING, timedelta(hours=8), "FREQ=DAILY")
    assert open_span(schedule, utc(2026, 6, 10, 3, 59)) is not None  # 05:59 in Berlin
    assert open_span(schedule, utc(2026, 6, 10, 4, 0)) is None  # 06:00: the end is outside


def test_windows_that_overlap_themselves_end_with_the_last() -> None:
    schedule = Schedule("UTC", wall(2026, 1, 1, 0, 0), timedelta(hours=36), "FREQ=DAILY;COUNT=3")
    found = open_span(schedule, utc(2026, 1, 3, 6, 0))
    assert found == Span(utc(2026, 1, 3, 0, 0), utc(2026, 1, 4, 12, 0))


@pytest.mark.parametrize(
    ("schedule", "word"),
    [
        (Schedule("Europe/Atlantis", LATE_EVENING, timedelta(hours=1)), "Atlantis"),
        (Schedule("../etc/passwd", LATE_EVENING, timedelta(hours=1)), "time zone"),
        (Schedule("UTC", LATE_EVENING, timedelta(seconds=59)), "minute"),
        (Schedule("UTC", LATE_EVENING, timedelta(days=32)), "31 days"),
        (Schedule("UTC", wall(1999, 1, 1, 0, 0), timedelta(hours=1)), "2000"),
        (Schedule("UTC", LATE_EVENING.replace(tzinfo=UTC), timedelta(hours=1)), "wall"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_in_words(schedule: Schedule, word: str) -> None:
    with pytest.raises(WindowNotValid, match=word):
        check(schedule)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("FREQ=HOURLY", "DAILY, WEEKLY"),
        ("FREQ=DAILY;BYDAY=XX", "XX"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "exclude"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=DAILY;BYHOUR=3", "BYHOUR"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "weekdays"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes"),
        ("FREQ=DAILY;UNTIL=20200101", "never comes"),
        ("FREQ=MONTHLY;BYDAY=9MO", "do not fit"),
        ("every Sunday", "no part of a rule"),
        ("FREQ=DAILY\nDTSTART:20200101T000000", "FREQ is one of"),
        ("FREQ=DAILY;" + "X" * 300, "too long"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(rule: str, word: str) -> None:
    with pytest.raises(WindowNotValid, match=word):
        check(Schedule(BERLIN, LATE_EVENING, timedelta(hours=1), rule))


def test_until_counts_its_whole_day() -> None:
    schedule = Schedule("UTC", LATE_EVENING, timedelta(hours=1), "FREQ=DAILY;UNTIL=20260303")
    assert len(next_spans(schedule, utc(2026, 1, 1, 0, 0), 10)) == 3
    with_zone = Schedule(
        BERLIN, LATE_EVENING, timedelta(hours=1), "FREQ=DAILY;UNTIL=20260302T210000Z"
    )
    assert len(next_spans(with_zone, utc(2026, 1, 1, 0, 0), 10)) == 2


def test_many_windows_of_many_years_take_little_room() -> None:
    nightly = [
        Schedule(BERLIN, wall(2000, 1, 1, 2, minute), timedelta(hours=1), "FREQ=DAILY")
        for minute in range(20)
    ]
    tracemalloc.start()
    try:
        for schedule in nightly:
            check(schedule)
            assert open_span(schedule, utc(2049, 7, 1, 0, 30)) is not None
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2_000_000
