"""What every look ahead stands on: finite points in the order of time, and the day around each.

A day's median knows nothing of what comes and goes within hours: a backup that is being written,
a package update, a log that is turned over every night. So trends are looked for in these medians,
and how far a usual day reaches above its median is added at the end.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HOUR, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0
STEP = DAY / 4
# The median of a day that grows steadily is the value of its middle.
LAG = DAY / 2
# Nothing that is measured is so large; 2^64 is what a broken counter says.
_IMPLAUSIBLE = 2.0**63
_MOST_POINTS = 1500
_LEAST_IN_A_DAY = 3
_LEAST_DAY = 0.7 * DAY


@dataclass(frozen=True, slots=True)
class Days:
    """The medians of the days that end at `times`, six hours apart, the oldest first.

    `peaks` are the greatest values of the same days.
    """

    times: list[float]
    medians: list[float]
    peaks: list[float]

    def since(self, start: float) -> "Days":
        """Return the part from a time on."""
        place = bisect_right(self.times, start - 1)
        return Days(self.times[place:], self.medians[place:], self.peaks[place:])


def clean(times: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the points that mean something, in order; of two at the same time the later counts."""
    known = {
        float(at): float(value)
        for at, value in zip(times, values, strict=True)
        if math.isfinite(at) and -_IMPLAUSIBLE < value < _IMPLAUSIBLE  # nor NaN, nor infinite
    }
    ordered = sorted(known)
    return _thin(ordered, [known[at] for at in ordered])


def _thin(times: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    """Return at most some 1,500 points, so that no series costs more than another."""
    if len(times) <= _MOST_POINTS:
        return times, values
    width = (times[-1] - times[0]) / _MOST_POINTS * 1.001
    kept: dict[int, list[int]] = {}
    for place, at in enumerate(times):
        # Counted from the end: the newest bucket is whole, and its time is now.
        kept.setdefault(int((times[-1] - at) / width), []).append(place)
    thin = [(times[some[-1]], median(values[i] for i in some)) for some in kept.values()]
    thin.sort()
    return [at for at, _ in thin], [value for _, value in thin]


def days_of(times: Sequence[float], values: Sequence[float]) -> Days:
    """Return the days that end now, six hours ago and so on; a day without points is left out."""
    days = Days([], [], [])
    if not times:
        return days
    end = times[-1]
    while end >= times[0] + _LEAST_DAY:
        left, right = bisect_right(times, end - DAY), bisect_right(times, end)
        if right - left >= _LEAST_IN_A_DAY:
            some = sorted(values[left:right])
            days.times.append(end)
            days.medians.append(_middle(some))
            days.peaks.append(some[-1])
        end -= STEP
    return Days(days.times[::-1], days.medians[::-1], days.peaks[::-1])


def _middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which such a share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) - 1))))]


def spread(values: Sequence[float]) -> float:
    """Return the usual distance from the middle, by the median, as a standard deviation."""
    if not values:
        return 0.0
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)
