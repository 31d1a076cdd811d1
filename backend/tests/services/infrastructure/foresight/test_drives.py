"""When drives are worn out and how likely they fail: by what they say and what was published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.core.foresight.stretches import WhyNot
from app.services.infrastructure.foresight.risk import risk_of
from app.services.infrastructure.foresight.wear import HARDLY_WORN, Life, duty_of, wear_outlook

DAY, YEAR = 86_400.0, 365 * 86_400.0


def test_half_worn_in_two_years_lasts_two_more() -> None:
    outlook, why = wear_outlook(Life(wear=50, power_on_hours=2 * 365 * 24))
    assert why == ""
    assert outlook.seconds == pytest.approx(2 * YEAR, rel=0.02)
    assert outlook.earliest is not None
    assert outlook.latest is not None
    assert outlook.earliest < (outlook.seconds or 0) < outlook.latest


def test_a_machine_that_is_off_at_night_wears_its_drive_for_twice_as_long() -> None:
    outlook, _ = wear_outlook(Life(wear=50, power_on_hours=365 * 24, duty=0.5))
    assert outlook.seconds == pytest.approx(2 * YEAR, rel=0.02)


def test_what_was_written_lately_counts_for_more_than_the_whole_life() -> None:
    days = [DAY * day for day in range(101)]
    values = [40.0 + day // 10 for day in range(101)]
    outlook, _ = wear_outlook(Life(50, 4 * 365 * 24, days, values))
    assert outlook.seconds == pytest.approx(500 * DAY, rel=0.05)
    assert outlook.latest is not None
    assert outlook.latest > 3 * YEAR


@pytest.mark.parametrize(
    ("wear", "hours", "why"),
    [
        (None, 5000.0, WhyNot.TOO_FEW_DAYS),
        (50.0, None, WhyNot.TOO_FEW_DAYS),
        (5.0, 100.0, WhyNot.TOO_FEW_DAYS),
        (1.0, 5000.0, HARDLY_WORN),
        (2.0, 60_000.0, WhyNot.TOO_FAR),
    ],
)
def test_what_cannot_be_said_has_a_reason(
    wear: float | None, hours: float | None, why: str
) -> None:
    outlook, said = wear_outlook(Life(wear, hours))
    assert said == why
    assert outlook.seconds is None


def test_beyond_its_endurance_it_is_worn_now() -> None:
    assert wear_outlook(Life(130, 9000))[0].seconds == 0.0


@given(st.floats(3, 98), st.floats(1, 20), st.floats(1000, 60_000))
def test_more_wear_in_the_same_hours_is_never_later(wear: float, more: float, hours: float) -> None:
    plain, _ = wear_outlook(Life(wear, hours))
    worse, _ = wear_outlook(Life(wear + more, hours))
    if plain.seconds is not None and worse.seconds is not None:
        assert worse.seconds <= plain.seconds


def test_a_drive_that_is_mostly_off_has_a_small_duty() -> None:
    days = [DAY * day for day in range(30)]
    assert duty_of(days, [at / 4 for at in days]) == pytest.approx(0.25)
    assert duty_of(days, [7.0] * 30) == 1.0
    assert duty_of([], []) == 1.0


def test_the_range_is_the_published_one() -> None:
    risk = risk_of({"reallocated": 20, "pending": 0})
    assert risk is not None
    assert risk.code == "reallocated_sectors"
    assert risk.least == pytest.approx(0.1515, abs=0.001)
    assert risk.greatest == pytest.approx(0.2797, abs=0.001)


def test_a_drive_of_which_nothing_was_read_has_no_risk() -> None:
    assert risk_of({}) is None
    assert risk_of({"temperature": 30}) is None


SIGNALS = st.dictionaries(
    st.sampled_from(
        ["reallocated", "pending", "offline_uncorrectable", "reported_uncorrectable", "crc_errors"]
    ),
    st.integers(0, 2**64),
    min_size=1,
)


@given(SIGNALS, st.integers(1, 10_000), st.data())
def test_a_worse_counter_never_has_a_smaller_risk(
    signals: dict[str, int], more: int, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(signals)))
    plain, worse = risk_of(signals), risk_of({**signals, name: signals[name] + more})
    assert plain is not None
    assert worse is not None
    assert worse.least >= plain.least
    assert 0 <= worse.least <= worse.greatest <= 1
