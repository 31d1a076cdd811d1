"""How far off the forecasts of the last weeks were: made again from what was known then."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from app.services.core.foresight.samples import DAY, clean
from app.services.core.foresight.stretches import WhyNot
from app.services.core.foresight.trend import Forecaster, Outlook

AHEAD_DAYS = 7
SPAN_DAYS = 30
_EVERY = 3 * DAY
_KNOWN = (None, WhyNot.TOO_FAR)


@dataclass(frozen=True, slots=True)
class Score:
    """Over how many forecasts of a week ahead, and by how much the middle one was off."""

    off: float
    count: int


def expected(outlook: Outlook, newest: float, seconds: float) -> float:
    """Return what a forecast says of a later time; where nothing grows steadily, it stays."""
    if outlook.why_not in _KNOWN and outlook.span > 0:
        return outlook.value + outlook.slope * seconds
    return newest


def score(
    times: Sequence[float], values: Sequence[float], level: float, forecaster: Forecaster
) -> Score | None:
    """Return how far the forecasts of the last thirty days were off, a week after each."""
    known, numbers = clean(times, values)
    if not known:
        return None
    now, ahead = known[-1], AHEAD_DAYS * DAY
    misses: list[float] = []
    made = now - ahead
    while made >= now - SPAN_DAYS * DAY:
        place = bisect_right(known, made)
        outlook = forecaster.outlook(known[:place], numbers[:place], level) if place else None
        actual = _day(known, numbers, made + ahead)
        before = _day(known, numbers, made)
        is_known = outlook is not None and outlook.why_not is not WhyNot.TOO_FEW_DAYS
        if outlook is not None and is_known and actual is not None and before is not None:
            misses.append(abs(min(expected(outlook, before, ahead), level) - actual))
        made -= _EVERY
    return Score(median(misses), len(misses)) if misses else None


def _day(times: Sequence[float], values: Sequence[float], end: float) -> float | None:
    """Return the median of the half day around a time, as far as it is known."""
    left, right = bisect_right(times, end - DAY / 4), bisect_right(times, end + DAY / 4)
    return median(values[left:right]) if right > left else None
