"""Fire times: intervals from the epoch, cron lines as cron has them, across summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schedulers.jobs import Cron, Every, Times

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(line: str, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """Return fire times as local texts with their offset."""
    times = Times(Cron(line), zone)
    moment: datetime | None = utc(start)
    found = []
    for _ in range(count):
        assert moment is not None
        moment = times.after(moment)
        assert moment is not None
        found.append(moment.astimezone(zone).strftime("%m-%d %H:%M %z"))
    return found


@given(
    st.integers(1, 400_000),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
)
def test_the_ticks_of_an_interval_are_multiples_since_the_epoch(
    seconds: int, moment: datetime
) -> None:
    times = Times(Every(timedelta(seconds=seconds)), UTC_ZONE)
    after, newest = times.after(moment), times.newest(moment)
    assert after is not None
    assert newest is not None
    assert after.timestamp() % seconds == 0
    assert after - newest == timedelta(seconds=seconds)
    assert newest <= moment < after


def test_intervals_do_not_care_for_summer_time() -> None:
    times = Times(Every(timedelta(hours=6)), BERLIN)
    assert times.after(utc("2026-03-29 00:30")) == utc("2026-03-29 06:00")


def test_a_daily_time_stays_at_its_hour_when_summer_time_begins_and_ends() -> None:
    assert fires("0 6 * * *", "2026-03-28 00:00", 3) == [
        "03-28 06:00 +0100",
        "03-29 06:00 +0200",
        "03-30 06:00 +0200",
    ]
    assert fires("0 6 * * *", "2026-10-24 00:00", 3) == [
        "10-24 06:00 +0200",
        "10-25 06:00 +0100",
        "10-26 06:00 +0100",
    ]


def test_a_time_that_the_clock_skips_fires_once_that_night() -> None:
    # From 02:00 the clock jumps to 03:00 on 29 March.
    assert fires("30 2 * * *", "2026-03-28 00:00", 3) == [
        "03-28 02:30 +0100",
        "03-29 03:30 +0200",
        "03-30 02:30 +0200",
    ]


def test_a_time_that_the_clock_repeats_fires_once_that_night() -> None:
    # From 03:00 the clock goes back to 02:00 on 25 October.
    assert fires("30 2 * * *", "2026-10-24 12:00", 2) == [
        "10-25 02:30 +0200",
        "10-26 02:30 +0100",
    ]


def test_every_quarter_of_an_hour_goes_on_through_the_repeated_hour() -> None:
    times = Times(Cron("*/15 * * * *"), BERLIN)
    moment = utc("2026-10-24 23:50")
    found = []
    for _ in range(14):
        following = times.after(moment)
        assert following is not None
        found.append((following - moment).total_seconds() / 60)
        moment = following
    assert found == [10.0] + [15.0] * 13


def test_weekdays_count_from_sunday_as_cron_has_it() -> None:
    sunday = fires("0 12 * * 0", "2026-11-23 00:00", 1)
    assert sunday == ["11-29 12:00 +0100"]
    assert fires("0 12 * * 7", "2026-11-23 00:00", 1) == sunday
    assert fires("0 12 * * 1-5", "2026-11-20 12:00", 2) == [
        "11-23 12:00 +0100",
        "11-24 12:00 +0100",
    ]


def test_a_day_and_a_weekday_together_mean_either() -> None:
    assert fires("0 0 13 * 5", "2026-11-05 00:00", 4) == [
        "11-06 00:00 +0100",
        "11-13 00:00 +0100",
        "11-20 00:00 +0100",
        "11-27 00:00 +0100",
    ]


def test_a_leap_day_is_waited_for() -> None:
    times = Times(Cron("0 0 29 2 *"), UTC_ZONE)
    assert times.after(utc("2026-01-01 00:00")) == utc("2028-02-29 00:00")
    assert times.newest(utc("2026-01-01 00:00")) is None


@settings(max_examples=30)
@given(
    st.sampled_from(["* * * * *", "*/7 * * * *", "30 2 * * *", "0 0 * * 1", "0 0 1 1 *"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
)
def test_the_newest_time_is_the_last_before_the_next(line: str, moment: datetime) -> None:
    times = Times(Cron(line), BERLIN)
    newest, after = times.newest(moment), times.after(moment)
    assert newest is not None
    assert newest <= moment
    assert times.after(newest) == after


@pytest.mark.parametrize("zone", ["America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_odd_zones_move_forward(zone: str) -> None:
    times = Times(Cron("*/30 * * * *"), ZoneInfo(zone))
    moment = utc("2026-03-01 00:00")
    for _ in range(2000):
        following = times.after(moment)
        assert following is not None
        assert moment < following <= moment + timedelta(minutes=90)
        moment = following
