"""The text of schedules: what is read, and what is refused with a fix."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.triggers import Cron, Every, TriggerNotValid, cron_fields, parse


@pytest.mark.parametrize(
    ("text", "seconds"), [("every 5m", 300), ("every 90s", 90), ("every  6h", 21_600)]
)
def test_an_interval_is_read(text: str, seconds: int) -> None:
    assert parse(text) == Every(timedelta(seconds=seconds))


@given(st.integers(1, 366 * 86_400))
def test_an_interval_is_written_as_it_is_read(seconds: int) -> None:
    trigger = Every(timedelta(seconds=seconds))
    assert parse(str(trigger)) == trigger


def test_a_cron_line_is_read_and_written() -> None:
    trigger = parse(" cron  30 3 * *   mon-fri ")
    assert trigger == Cron("30 3 * * mon-fri")
    assert str(trigger) == "cron 30 3 * * mon-fri"


@pytest.mark.parametrize(
    ("line", "field", "values"),
    [
        ("*/15 * * * *", 0, {0, 15, 30, 45}),
        ("5/20 * * * *", 0, {5, 25, 45}),
        ("0 8-18/5 * * *", 1, {8, 13, 18}),
        ("0 0 1,15 * *", 2, {1, 15}),
        ("0 0 * jan-mar *", 3, {1, 2, 3}),
        ("0 0 * * 0", 4, {0}),
        ("0 0 * * 7", 4, {0}),
        ("0 0 * * 5-7", 4, {5, 6, 0}),
        ("0 0 * * sun,Wed", 4, {0, 3}),
    ],
)
def test_the_fields_of_a_cron_line(line: str, field: int, values: set[int]) -> None:
    found = cron_fields(line)[field]
    assert found is not None
    assert set(found) == values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hourly",
        "every",
        "every 0s",
        "every 367d",
        "every 5 m",
        "every \u0665m",
        "every 1.5h",
        "cron",
        "cron * * * *",
        "cron * * * * * *",
        "cron 60 * * * *",
        "cron 5-1 * * * *",
        "cron */0 * * * *",
        "cron */ * * * *",
        "cron a * * * *",
        "cron * * 0 * *",
        "cron 0 0 31 2,4 *",
        "cron * * * 13 *",
        "cron * * * * 8",
        "cron 1,,2 * * * *",
        "cron * * * mon *",
    ],
)
def test_what_is_no_schedule_is_refused_with_a_fix(text: str) -> None:
    with pytest.raises(TriggerNotValid) as caught:
        parse(text)
    assert caught.value.fix


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    for prefix in ("", "every ", "cron ", "cron * * * * "):
        with contextlib.suppress(TriggerNotValid):
            parse(prefix + text)
