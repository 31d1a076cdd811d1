"""When a level is reached, and why that cannot be said: by examples and by properties."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.core.foresight.stretches import WhyNot
from app.services.core.foresight.trend import Outlook, TrendForecaster
from tests.services.core.foresight.lines import DAY, HOUR, Course, Line, line


def foretold(days: float, course: Course, *, noise: float = 0.0, level: float = 100.0) -> Outlook:
    times, values = line(days, course, noise=noise)
    found = TrendForecaster().outlook(times, values, level)
    assert found is not None
    return found


def days_left(outlook: Outlook) -> float:
    assert outlook.seconds is not None, outlook.why_not
    return outlook.seconds / DAY


def test_a_steady_leak_is_foretold_to_the_hour() -> None:
    outlook = foretold(20, lambda day: 50 + 2 * day)
    assert days_left(outlook) == pytest.approx(5, abs=0.05)
    assert outlook.confidence == 1.0


def test_the_truth_lies_in_the_band_of_a_noisy_leak() -> None:
    outlook = foretold(14, lambda day: 40 + 3 * day, noise=0.5)
    assert outlook.earliest is not None
    assert outlook.latest is not None
    # The line is there in six days; what reaches above it on a usual day is there before.
    assert outlook.earliest <= 5.7 * DAY <= outlook.latest <= 6.5 * DAY
    assert outlook.earliest <= (outlook.seconds or 0) <= outlook.latest


def test_a_leak_after_quiet_weeks_is_seen_within_days() -> None:
    outlook = foretold(24, lambda day: 60 + 4 * max(0.0, day - 20), noise=0.1)
    assert days_left(outlook) == pytest.approx(6, abs=0.5)


def test_a_level_below_is_foretold_like_one_above() -> None:
    down = foretold(20, lambda day: 50 - 2 * day, level=0)
    assert days_left(down) == pytest.approx(5, abs=0.05)
    assert down.slope < 0


@pytest.mark.parametrize(
    ("name", "course"),
    [
        ("logs that are turned over daily", lambda day: 60 + 25 * (day % 1)),
        ("logs that are turned over weekly", lambda day: 60 + 25 * (day % 7) / 7),
        ("a nightly backup", lambda day: 60 + (30 if day % 1 < 0.2 else 0)),
        ("a weekly backup", lambda day: 60 + (30 if day % 7 < 0.3 else 0)),
        ("an hourly cron job", lambda day: 60 + 5 * (day * 24 % 1)),
        ("package updates", lambda day: 60 + (8 if 3 < day % 11 < 3.5 else 0)),
        ("a step that stays", lambda day: 60 + (20 if day > 9 else 0)),
        ("a copy that has ended", lambda day: 60 + 20 * min(1.0, max(0.0, day - 9))),
        ("nothing", lambda _day: 60.0),
    ],
)
def test_what_only_seems_to_fill_never_alarms(name: str, course: Course) -> None:
    times, values = line(44, course, noise=0.05)
    for end in range(14 * 24, len(times), 6):
        outlook = TrendForecaster().outlook(times[:end], values[:end], 100)
        assert outlook is not None
        assert not outlook.is_within(14 * DAY), (name, end / 24, outlook)


def test_what_grows_on_working_days_is_foretold_at_the_weekend_too() -> None:
    outlook = foretold(34, lambda day: 50 + 1.0 * (5 * (day // 7) + min(day % 7, 5)))
    # 24 percent in five weeks less a day; 25 more take 35 days, the last of them a Friday.
    assert days_left(outlook) == pytest.approx(34.5, abs=2)


def test_dumps_that_are_kept_each_week_fill_a_file_system() -> None:
    outlook = foretold(40, lambda day: 60 + 5 * (day // 7))
    assert days_left(outlook) == pytest.approx(16, abs=1)


def test_a_clean_up_ends_the_forecast_at_once() -> None:
    outlook = foretold(20, lambda day: 40 + 2.5 * day - (30 if day > 19.8 else 0))
    assert outlook.seconds is None
    assert outlook.why_not is WhyNot.JUST_FELL


def test_what_fell_back_before_is_told_as_the_reason() -> None:
    outlook = foretold(25, lambda day: 50 + 3 * (day % 10))
    assert outlook.why_not is WhyNot.FALLS_BACK


def test_a_day_is_too_little() -> None:
    assert foretold(1, lambda day: 50 + 20 * day).why_not is WhyNot.TOO_FEW_DAYS


def test_a_date_in_years_is_not_told() -> None:
    assert foretold(10, lambda day: 50 + 0.05 * day).why_not is WhyNot.TOO_FAR


def test_what_is_full_is_full_now() -> None:
    assert foretold(20, lambda _day: 100.0).seconds == 0.0


def test_nothing_says_nothing() -> None:
    assert TrendForecaster().outlook([], [], 100) is None
    assert TrendForecaster().outlook([1.0, 2.0], [math.nan, math.inf], 100) is None


def test_broken_numbers_late_and_double_points_change_nothing() -> None:
    times, values = line(20, lambda day: 50 + 2 * day)
    whole = TrendForecaster().outlook(times, values, 100)
    broken = [2.0**64, math.nan, -math.inf, 1e300]
    mixed = [
        *zip(times, values, strict=True),
        *((HOUR * 17 * (place + 1) + 1, bad) for place, bad in enumerate(broken)),
        (times[5], values[5]),
    ]
    random.Random(3).shuffle(mixed)  # noqa: S311 - only an order
    outlook = TrendForecaster().outlook([at for at, _ in mixed], [one for _, one in mixed], 100)
    assert outlook == whole


def test_a_gap_of_days_is_no_growth_and_no_fall() -> None:
    times, values = line(20, lambda day: 50 + 2 * day)
    kept = [place for place in range(len(times)) if not 8 * 24 < place < 11 * 24]
    outlook = TrendForecaster().outlook(
        [times[place] for place in kept], [values[place] for place in kept], 100
    )
    assert outlook is not None
    assert days_left(outlook) == pytest.approx(5, abs=0.2)


LEAKS = st.tuples(
    st.floats(20, 60), st.floats(0.5, 4), st.integers(9, 14), st.floats(0, 0.2), st.integers(0, 99)
)


def leak(base: float, rate: float, days: int, noise: float, seed: int) -> Line:
    return line(days, lambda day: base + rate * day, noise=noise, seed=seed)


@settings(max_examples=25, deadline=None)
@given(leak_of=LEAKS, scale=st.floats(0.001, 1e9), shift=st.floats(-1e3, 1e3))
def test_the_unit_and_the_zero_do_not_matter(
    leak_of: tuple[float, float, int, float, int], scale: float, shift: float
) -> None:
    times, values = leak(*leak_of)
    plain = TrendForecaster().outlook(times, values, 150)
    other = TrendForecaster().outlook(
        times, [scale * (value + shift) for value in values], scale * (150 + shift)
    )
    assert plain is not None
    assert other is not None
    assert other.why_not is plain.why_not
    if plain.seconds is not None:
        assert other.seconds == pytest.approx(plain.seconds, rel=1e-3)
        assert other.confidence == plain.confidence


@settings(max_examples=25, deadline=None)
@given(leak_of=LEAKS, later=st.floats(0, 2e9))
def test_when_it_began_does_not_matter(
    leak_of: tuple[float, float, int, float, int], later: float
) -> None:
    times, values = leak(*leak_of)
    plain = TrendForecaster().outlook(times, values, 150)
    moved = TrendForecaster().outlook([at + round(later) for at in times], values, 150)
    assert plain is not None
    assert moved is not None
    assert moved.seconds == pytest.approx(plain.seconds) if plain.seconds else True


@settings(max_examples=25, deadline=None)
@given(leak_of=LEAKS, more=st.floats(0, 3))
def test_faster_growth_never_gives_a_later_date(
    leak_of: tuple[float, float, int, float, int], more: float
) -> None:
    times, values = leak(*leak_of)
    plain = TrendForecaster().outlook(times, values, 150)
    faster = TrendForecaster().outlook(
        times, [value + more * at / DAY for at, value in zip(times, values, strict=True)], 150
    )
    assert plain is not None
    assert faster is not None
    if plain.seconds is not None:
        assert faster.seconds is not None
        assert faster.seconds <= plain.seconds * 1.001 + 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e8), st.floats(allow_nan=True, allow_infinity=True)), max_size=200
    ),
    st.floats(-1e12, 1e12),
)
def test_noise_of_any_kind_is_answered(points: list[tuple[float, float]], level: float) -> None:
    times, values = [at for at, _ in points], [value for _, value in points]
    outlook = TrendForecaster().outlook(times, values, level)
    if outlook is not None and outlook.seconds is not None:
        assert outlook.seconds >= 0
        assert math.isfinite(outlook.seconds)
