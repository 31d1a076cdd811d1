"""When a value reaches a level if it goes on like this: pure, over a line of points.

The slope is that of Theil and Sen, the middle one of all pairs: a burst (an update, a backup) or
a sawtooth (log rotation) is the smaller part of the pairs and moves it little. The confidence is
the share of pairs that go the same way, so that a value which only wobbles has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Protocol

_MOST_POINTS = 96  # 4,560 pairs; more points would only cost time
_LEAST_POINTS = 12


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected. `seconds` is the time until the level, None: never like this."""

    seconds: float | None
    slope: float  # per second
    confidence: float  # from 0.5, a coin, to 1


class Forecaster(Protocol):
    """Whoever knows more about a series (its seasons, its drops) takes this one's place."""

    def outlook(
        self, times: Sequence[float], values: Sequence[float], level: float
    ) -> Outlook | None:
        """Say when the level is reached; None where the points are too few to say anything."""
        ...


class RobustSlope:
    """The forecaster for every series."""

    def outlook(
        self, times: Sequence[float], values: Sequence[float], level: float
    ) -> Outlook | None:
        """Say when the level is reached; None where the points are too few to say anything."""
        if len(times) < _LEAST_POINTS:
            return None
        step = -(-len(times) // _MOST_POINTS)
        pairs = list(combinations(zip(times[::step], values[::step], strict=True), 2))
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]
        slope = median(slopes)
        if slope == 0:
            return Outlook(None, 0.0, 0.5)
        confidence = sum(one * slope > 0 for one in slopes) / len(slopes)
        # The line runs through the middle of the points, not through the last one: a backup that
        # is just being written is no trend.
        offset = median(
            value - slope * time for time, value in zip(times[::step], values[::step], strict=True)
        )
        now = times[-1]
        expected = offset + slope * now
        missing = (level - expected) / slope
        if missing < 0:
            # It moves away from the level, or the line is beyond it already.
            is_beyond = (values[-1] - level) * slope >= 0
            return Outlook(0.0 if is_beyond else None, slope, confidence)
        return Outlook(missing, slope, confidence)
