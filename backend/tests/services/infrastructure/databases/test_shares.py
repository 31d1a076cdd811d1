"""Shares of counts are told of the time since the last round, not of all time."""

import pytest

from app.services.infrastructure.databases.figures import Figure, Reading, Share, since_last


def reading(part: float, whole: float) -> Reading:
    value = 100 * part / whole
    share = Share(part=part, whole=whole)
    return Reading(figures=[Figure(key="cache_hit_percent", value=value, share=share)])


def after(before: Reading, part: float, whole: float) -> Reading:
    now = reading(part, whole)
    since_last(now, before)
    return now


def test_an_hour_of_bad_reads_is_seen_after_months_of_good_ones() -> None:
    months = reading(99_000_000, 100_000_000)
    assert after(months, 99_000_200, 100_002_000).value("cache_hit_percent") == 10


def test_few_reads_change_nothing_until_they_are_enough_together() -> None:
    first = after(reading(90_000, 100_000), 90_000, 100_400)
    assert first.value("cache_hit_percent") == 90
    second = after(first, 90_000, 100_800)
    assert second.value("cache_hit_percent") == 90
    third = after(second, 90_000, 101_200)
    assert third.value("cache_hit_percent") == 0


@pytest.mark.parametrize(("part", "whole"), [(30, 40), (100_000, 100_500)])
def test_an_engine_that_was_started_anew_counts_from_its_start(part: float, whole: float) -> None:
    now = after(reading(90_000, 100_000), part, whole)
    assert now.value("cache_hit_percent") == 100 * part / whole
