"""When a value reaches a level if it goes on like this: pure, over a line of points.

1. Each day becomes its median (`samples`), so what comes and goes within hours does not count.
2. The longest stretch up to now that grows steadily, in a narrow band, is the trend (`stretches`).
3. There is no date where the line has fallen back from as high before (`teeth`) or just fell, or
   where the level lies too far beyond what was seen. Then the reason is told instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Protocol

from app.services.core.foresight.samples import DAY, LAG, WEEK, Days, clean, days_of
from app.services.core.foresight.stretches import (
    Stretch,
    WhyNot,
    stretch_of_teeth,
    stretches_of,
)
from app.services.core.foresight.teeth import Drop, drops_of

LEAST_DAYS = 2
_LEAST_MEDIANS = 5
# How far beyond the stretch that was seen its line is drawn out.
_REACH_DAYS, _REACH_WEEKS = 3.0, 6.0
# In the first week nobody knows what the week brings: then not even as far as it was seen.
_FIRST_WEEK, _REACH_FIRST = 8 * DAY, 0.8
_NARROW = 1.6
_URGENT = 4 * DAY
_PATIENCE = 1.5


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected.

    `seconds` is the time until the level, None where nothing can be said, and `why_not` says why.
    It lies between `earliest` and `latest`. `confidence` is the share of pairs of points that grow
    towards the level, from 0.5, a coin, to 1. The line is `value` now, and was seen for `span`
    seconds; `low` and `high` are the slopes of its band.
    """

    seconds: float | None
    slope: float  # per second
    confidence: float
    earliest: float | None = None
    latest: float | None = None
    low: float = 0.0
    high: float = 0.0
    value: float = 0.0
    span: float = 0.0
    why_not: WhyNot | None = None

    def is_within(self, seconds: float) -> bool:
        """Tell whether the level is reached so soon even with the slowest growth of the band."""
        return self.latest is not None and self.latest <= seconds


class Forecaster(Protocol):
    """Whoever knows more about a series takes this one's place."""

    def outlook(
        self, times: Sequence[float], values: Sequence[float], level: float
    ) -> Outlook | None:
        """Say when the level is reached; None where there is no point at all.

        Times are in seconds and rise; what is not finite, or beyond all measure, is left out.
        """
        ...


class TrendForecaster:
    """The forecaster of rules, pages, the command line and the bench."""

    def outlook(
        self, times: Sequence[float], values: Sequence[float], level: float
    ) -> Outlook | None:
        """Say when the level is reached, or why that cannot be said."""
        known, numbers = clean(times, values)
        if not known:
            return None
        if median(numbers[-3:]) <= level:
            return _upwards(known, numbers, level)
        falling = _upside_down(_upwards(known, [-number for number in numbers], -level))
        if falling.seconds is None and _grows(known, numbers):
            # It is beyond the level already, and goes on.
            return replace(falling, seconds=0.0, earliest=0.0, latest=0.0, why_not=None)
        return falling


def _upside_down(one: Outlook) -> Outlook:
    return replace(one, slope=-one.slope, low=-one.low, high=-one.high, value=-one.value)


def _grows(times: list[float], values: list[float]) -> bool:
    days = days_of(times, values)
    return len(days.times) >= _LEAST_MEDIANS and bool(stretches_of(days, times, values)[0])


def _upwards(times: list[float], values: list[float], level: float) -> Outlook:
    """Say when a level that lies above is reached."""
    history, newest = times[-1] - times[0], median(values[-3:])
    days = days_of(times, values)
    if newest >= level:
        return Outlook(0.0, 0.0, 1.0, 0.0, 0.0, value=newest)
    if history < LEAST_DAYS * DAY * 0.98 or len(days.times) < _LEAST_MEDIANS:
        return Outlook(None, 0.0, 0.5, value=newest, why_not=WhyNot.TOO_FEW_DAYS)
    found, why = stretches_of(days, times, values)
    held = [one for one in found if not _falls_back(days, one, level, times[0])]
    if not held and why is not WhyNot.JUST_FELL:
        toothed = stretch_of_teeth(days, times[-1])
        held = [] if toothed is None else [toothed]
    if held:
        return _outlook(_best(held), days, level, history)
    if found:
        why = WhyNot.FALLS_BACK
    return Outlook(None, found[0].slope if found else 0.0, 0.5, value=newest, why_not=why)


def _best(held: Sequence[Stretch]) -> Stretch:
    """Return the longest stretch with a narrow band; where none is narrow, the narrowest."""
    for one in held:
        if one.high <= _NARROW * one.low:
            return one
    return min(held, key=lambda one: one.high / one.low)


def _falls_back(days: Days, one: Stretch, level: float, began: float) -> bool:
    """Tell whether it fell back from as high before, and is not yet beyond that."""
    medians = _weekly_means(days) if one.week else days.medians
    drops = drops_of(days.times, medians, 0.5 * one.rise)
    if not drops:
        return False
    is_one = len(drops) == 1
    peak = max(drop.peak for drop in drops)
    size = median(drop.size for drop in drops)
    beyond = min((1.0 if is_one else 0.5) * size, 0.3 * max(0.0, level - peak))
    # Where there was only one, how long a tooth is was never seen whole.
    longest = max(_longest_tooth(drops, began), 0.8 * WEEK)
    last = drops[-1]
    if medians[-1] - peak > beyond or days.times[-1] - last.ended > _PATIENCE * longest:
        return False
    if not is_one:
        return True
    # Whoever cleans up because there is hardly any room has stopped nothing; and when it is about
    # to be full there is no time to see more teeth.
    was_short = level - last.peak < 0.25 * last.size
    is_urgent = level - medians[-1] < 0.6 * last.size and one.reaches(level, one.low) < _URGENT
    return not (was_short or is_urgent)


def _longest_tooth(drops: Sequence[Drop], began: float) -> float:
    starts = [began, *(drop.ended for drop in drops)]
    return max(drop.began - start for drop, start in zip(drops, starts, strict=False))


def _weekly_means(days: Days) -> list[float]:
    sums = [0.0]
    for value in days.medians:
        sums.append(sums[-1] + value)
    week = round(WEEK / (DAY / 4))
    return [
        (sums[place + 1] - sums[max(0, place + 1 - week)]) / min(place + 1, week)
        for place in range(len(days.medians))
    ]


def _headroom(days: Days, one: Stretch) -> float:
    """Return how far a usual day reaches above its median, without what it grew meanwhile."""
    last = days.since(days.times[-1] - WEEK)
    return max(
        0.0,
        median(
            peak - middle - one.slope * LAG
            for peak, middle in zip(last.peaks, last.medians, strict=True)
        ),
    )


def _outlook(one: Stretch, days: Days, level: float, history: float) -> Outlook:
    top = level - _headroom(days, one)
    seconds = one.reaches(top, one.slope)
    reach = (_REACH_WEEKS if one.span >= 2 * WEEK else _REACH_DAYS) * one.span
    if history < _FIRST_WEEK:
        reach = min(reach, _REACH_FIRST * history)
    is_near = seconds <= reach
    return Outlook(
        seconds if is_near else None,
        one.slope,
        one.share,
        min(seconds, one.reaches(top - one.noise, one.high)) if is_near else None,
        max(seconds, one.reaches(top + one.noise, one.low)) if is_near else None,
        one.low,
        one.high,
        one.value,
        one.span,
        None if is_near else WhyNot.TOO_FAR,
    )
