"""Drift against the own baseline, and how far off the forecasts of the last weeks were."""

import math

import pytest

from app.services.core.foresight.backtest import score
from app.services.core.foresight.drift import drift_of
from app.services.core.foresight.trend import TrendForecaster
from tests.services.core.foresight.lines import line


def _summer(day: float) -> float:
    return 40 + 8 * math.sin(2 * math.pi * day)


def test_a_warm_afternoon_every_day_is_no_drift() -> None:
    drift = drift_of(*line(30, _summer, noise=0.3), least=1)
    assert drift is not None
    assert abs(drift.z) < 2
    assert drift.shift == pytest.approx(0, abs=0.5)


def test_a_fan_that_stands_still_is_seen_whatever_the_hour() -> None:
    course = line(30, lambda day: _summer(day) + (7 if day > 28.5 else 0), noise=0.3)
    drift = drift_of(*course, least=1)
    assert drift is not None
    assert drift.z > 4
    assert drift.shift == pytest.approx(7, abs=1)


def test_what_warms_up_slowly_is_not_taken_into_its_own_baseline() -> None:
    drift = drift_of(*line(40, lambda day: _summer(day) + max(0.0, day - 33)), least=1)
    assert drift is not None
    assert drift.shift > 5


def test_less_than_a_week_is_no_baseline() -> None:
    assert drift_of(*line(6, _summer), least=1) is None
    assert drift_of([], [], least=1) is None


def test_the_score_of_a_steady_leak_is_small_and_that_of_a_surprise_is_not() -> None:
    steady = score(*line(60, lambda day: 20 + day, noise=0.1), 100, TrendForecaster())
    assert steady is not None
    assert steady.count == 8
    assert steady.off < 0.5
    wild = score(*line(60, lambda day: 40 + (30 if (day // 9) % 2 else 0)), 100, TrendForecaster())
    assert wild is not None
    assert wild.off > 5


def test_two_weeks_give_the_scores_that_they_can() -> None:
    found = score(*line(14, lambda day: 20 + day), 100, TrendForecaster())
    assert found is not None
    assert 1 <= found.count <= 3
    assert score(*line(5, lambda day: 20 + day), 100, TrendForecaster()) is None
