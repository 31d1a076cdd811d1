"""Drift: whether a value is unlike its own past at the same hours of the day. Pure.

A machine room is warm in the afternoon and a disk is slow while the backup runs, every day. So
each value of the last day is compared with the median of the same hour on the days of the
baseline, in units of how much that hour usually varies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from app.services.core.foresight.samples import DAY, HOUR, clean, spread

_HOURS = 24
_LEAST_DAYS = 7.0
# What drifts slowly must not become its own baseline; a week is left out once there is enough.
_ENOUGH, _LEFT_OUT = 21 * DAY, 7 * DAY
_LONGEST = 42 * DAY
_LEAST_LAST, _LEAST_IN_AN_HOUR, _ENOUGH_IN_AN_HOUR = 3, 5, 7


@dataclass(frozen=True, slots=True)
class Drift:
    """How the last day was, beside the same hours of the baseline; `z` counts usual variations."""

    now: float
    usual: float
    z: float
    days: float  # of the baseline

    @property
    def shift(self) -> float:
        """How far it lies above what is usual."""
        return self.now - self.usual


def drift_of(times: Sequence[float], values: Sequence[float], least: float) -> Drift | None:
    """Return how the last day differs; None where there is less than a week to compare with.

    `least` is the variation that is always granted: the resolution of a sensor, for one.
    """
    known, numbers = clean(times, values)
    if not known:
        return None
    now = known[-1]
    ends = now - (_LEFT_OUT if now - known[0] >= _ENOUGH else DAY)
    base = [
        (at, value)
        for at, value in zip(known, numbers, strict=True)
        if now - _LONGEST <= at <= ends
    ]
    if not base or base[-1][0] - base[0][0] < (_LEAST_DAYS - 0.1) * DAY:
        return None
    hours = _by_hour(base)
    last = [
        (value, hours[_hour(at)])
        for at, value in zip(known, numbers, strict=True)
        if at > now - DAY and len(hours[_hour(at)]) >= _LEAST_IN_AN_HOUR
    ]
    if len(last) < _LEAST_LAST:
        return None
    pairs = [(value, median(some), max(least, spread(some))) for value, some in last]
    return Drift(
        now=median(value for value, _, _ in pairs),
        usual=median(usual for _, usual, _ in pairs),
        z=median((value - usual) / wide for value, usual, wide in pairs),
        days=(base[-1][0] - base[0][0]) / DAY,
    )


def _hour(at: float) -> int:
    return int(at // HOUR) % _HOURS


def _by_hour(base: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Gather the values of each hour, with those of the hours beside it where they are few."""
    hours: list[list[float]] = [[] for _ in range(_HOURS)]
    for at, value in base:
        hours[_hour(at)].append(value)
    return [
        own
        if len(own) >= _ENOUGH_IN_AN_HOUR
        else hours[place - 1] + own + hours[place + 1 - _HOURS]
        for place, own in enumerate(hours)
    ]
