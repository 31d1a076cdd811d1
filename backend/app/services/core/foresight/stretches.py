"""The stretches of a line that grow steadily up to now, with the slope of each and its band.

First over weeks, where only the same times of different weeks are compared, so that working days
and a weekly backup do not matter; then over days. The slope is that of Theil and Sen, the middle
one of the pairs of points, and the band lies between the slopes that nine in ten and one in ten of
the pairs exceed. What grew in one step, stopped, or changed its pace is no steady growth.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median

from app.services.core.foresight.samples import DAY, LAG, STEP, WEEK, Days, quantile, spread
from app.services.core.foresight.teeth import Drop, drops_of


class WhyNot(StrEnum):
    """Why there is no date."""

    TOO_FEW_DAYS = "too_few_days"
    NO_GROWTH = "no_growth"
    UNSTEADY = "unsteady"
    FALLS_BACK = "falls_back"
    JUST_FELL = "just_fell"
    TOO_FAR = "too_far"


_SHORT = tuple(days * DAY for days in (10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5))
_LONG = tuple(weeks * WEEK for weeks in (8, 6, 5, 4, 3, 2))
_A_WEEK = round(WEEK / STEP)
_MOST_PAIR_POINTS = 30
_LEAST_PAIRS = 6
_WIDEST = 3.0
# No more than such a part of the growth may have come within half a day.
_ONE_STEP, _ONE_STEP_OF_WEEKS = 0.5, 0.4
# From end to end it has to have grown by such a part of what its slope says.
_WHOLE = 0.7
_PACE = (0.45, 2.0)
_YOUNG = 3 * DAY
_LEAST_TEETH = 3
_MOSTLY = 0.8  # of the pairs grow, or it does not


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch that grows: its slope, the band of slopes, and where the line is now."""

    span: float
    slope: float
    low: float
    high: float
    share: float  # of the pairs that grow
    value: float
    noise: float
    # Of weeks: how far away each time of the week is, and what was there a week before.
    week: tuple[tuple[float, float], ...] = ()

    @property
    def rise(self) -> float:
        """How much it has grown."""
        return self.slope * self.span

    def at(self, seconds: float) -> float:
        """Return the line so many seconds from now."""
        return self.value + self.slope * seconds

    def reaches(self, level: float, slope: float) -> float:
        """Return in how many seconds a level is reached with a slope of the band.

        What a week looks like goes on: the day on which it is highest is the day to fear.
        """
        straight = max(0.0, level - self.value) / slope
        growth = slope * WEEK
        found = [
            away + WEEK * max(0, math.ceil((level - before) / growth) - 1) - LAG
            for away, before in self.week
        ]
        return max(0.0, min([straight, *found]))


def stretches_of(
    days: Days, times: list[float], values: list[float]
) -> tuple[list[Stretch], WhyNot]:
    """Return the stretches that grow steadily, the longest first, and why there is none."""
    found: list[Stretch] = []
    why, has_fallen = WhyNot.NO_GROWTH, False
    for one in _looked_for(days, times[-1]):
        if isinstance(one, WhyNot):
            why = one if why is WhyNot.NO_GROWTH else why
        elif _just_fell(times, values, one):
            has_fallen = True
        elif one.span > _YOUNG or _still_grows(times, values, one):
            found.append(one)
    return found, WhyNot.JUST_FELL if has_fallen and not found else why


def _looked_for(days: Days, now: float) -> Iterator[Stretch | WhyNot]:
    oldest = days.times[0]
    for span in _LONG:
        if now - oldest >= span - STEP:
            yield _weekly(days.since(now - span), now, span)
    for span in _SHORT:
        if now - oldest >= span - STEP:
            yield _daily(days.since(now - span), now, span)


def _weekly(days: Days, now: float, span: float) -> Stretch | WhyNot:
    known = dict(zip((round((now - at) / STEP) for at in days.times), days.medians, strict=True))
    slopes = [
        (value - known[before]) / ((before - step) * STEP)
        for step, value in known.items()
        for before in range(step + _A_WEEK, round(span / STEP) + 1, _A_WEEK)
        if before in known
    ]
    if len(slopes) < _A_WEEK // 2:
        return WhyNot.NO_GROWTH
    one = _stretch(slopes, days, now, (span, WEEK))
    if isinstance(one, WhyNot):
        return one
    whole = days.medians[-1] - days.medians[0]
    if _largest_step(days) > _ONE_STEP_OF_WEEKS * one.rise or whole < _WHOLE * one.rise:
        return WhyNot.UNSTEADY
    both = [step for step in range(_A_WEEK) if step in known and step + _A_WEEK in known]
    weeks = [known[step] - known[step + _A_WEEK] for step in both]
    last = weeks[: _A_WEEK // 7] or weeks
    if not last or not _PACE[0] <= median(last) / WEEK / one.slope <= _PACE[1]:
        return WhyNot.UNSTEADY
    week = tuple(((_A_WEEK - step) * STEP, known[step]) for step in both)
    return replace(one, week=week, noise=spread(weeks))


def _daily(days: Days, now: float, span: float) -> Stretch | WhyNot:
    """Compare all points that lie a third of the stretch or more apart."""
    every = -(-len(days.times) // _MOST_PAIR_POINTS)
    # Counted from the end, so that the newest point is among them.
    times, values = days.times[::-1][::every][::-1], days.medians[::-1][::every][::-1]
    slopes = [
        (values[after] - values[before]) / (times[after] - times[before])
        for before in range(len(times))
        for after in range(before + 1, len(times))
        if times[after] - times[before] >= span / 3
    ]
    if len(slopes) < _LEAST_PAIRS:
        return WhyNot.NO_GROWTH
    one = _stretch(slopes, days, now, (span, span))
    if isinstance(one, WhyNot):
        return one
    is_slower = span > _YOUNG - STEP and not _keeps_pace(days, one)
    if is_slower or _largest_step(days) > _ONE_STEP * one.rise:
        return WhyNot.UNSTEADY
    return one


def _stretch(
    slopes: list[float], days: Days, now: float, spans: tuple[float, float]
) -> Stretch | WhyNot:
    slopes.sort()
    slope, low, high = (quantile(slopes, share) for share in (0.5, 0.1, 0.9))
    share = sum(one > 0 for one in slopes) / len(slopes)
    if slope <= 0 or share < _MOSTLY:
        return WhyNot.NO_GROWTH
    if low <= 0 or high > _WIDEST * slope or slope > _WIDEST * low:
        return WhyNot.UNSTEADY
    span, anchored = spans
    last = days.since(now - anchored)
    rests = [value - slope * (at - now) for at, value in zip(last.times, last.medians, strict=True)]
    return Stretch(span, slope, low, high, share, median(rests) + slope * LAG, spread(rests))


def _largest_step(days: Days) -> float:
    """Return the greatest growth within twelve hours."""
    middles = days.medians
    return max(
        (after - before for before, after in zip(middles[:-2], middles[2:], strict=True)),
        default=0.0,
    )


def _keeps_pace(days: Days, one: Stretch) -> bool:
    """Tell whether the last part grew about as the whole did."""
    last = days.since(days.times[-1] - max(1.25 * DAY, one.span / 3)).medians
    if len(last) < 3:  # noqa: PLR2004 - a gap has left too little
        return False
    growth = [after - before for before, after in zip(last[:-2], last[2:], strict=True)]
    pace = sum(growth) / len(growth) / (2 * STEP) / one.slope
    return _PACE[0] <= pace <= _PACE[1]


def _still_grows(times: list[float], values: list[float], one: Stretch) -> bool:
    """Tell whether the last half day was above the one before; a copy that has ended is not."""
    noon, dawn = times[-1] - DAY / 2, times[-1] - DAY
    middle = bisect_right(times, noon)
    last, before = values[middle:], values[bisect_right(times, dawn) : middle]
    if not before:
        return False
    return median(last) - median(before) >= _PACE[0] * one.slope * DAY / 2


def _just_fell(times: list[float], values: list[float], one: Stretch) -> bool:
    """Tell whether the newest values lie far below where the line usually leaves them."""
    # A weekend may lie below the line every week; then the one before has to be among the usual.
    now, seen = times[-1], 2 * WEEK if one.week else min(WEEK, one.span)
    start = bisect_left(times, now - seen)
    rests = [
        (at, value - one.at(at - now))
        for at, value in zip(times[start:], values[start:], strict=True)
    ]
    newest = [rest for at, rest in rests if at > now - DAY / 8]
    before = sorted(rest for at, rest in rests if at <= now - DAY) or sorted(newest)
    # A third of a week's growth, or of all that was seen of it.
    return median(newest) < quantile(before, 0.05) - one.slope * min(WEEK, seen) / 3


def stretch_of_teeth(days: Days, now: float) -> Stretch | None:
    """Return the line of teeth whose peaks and lows both rise, tooth by tooth."""
    least = 0.3 * (max(days.medians) - min(days.medians))
    drops = drops_of(days.times, days.medians, least)[-8:]
    if len(drops) < _LEAST_TEETH:
        return None
    tops = _slopes(drops, [(drop.began, drop.peak) for drop in drops])
    lows = _slopes(drops, [(drop.ended, drop.low) for drop in drops])
    low, high = min(tops[0], lows[0]), max(tops[-1], lows[-1])
    slope = min(median(tops), median(lows))
    if low <= 0 or high > _WIDEST * slope or slope > _WIDEST * low:
        return None
    rests = [drop.peak + slope * (now - drop.began) for drop in drops]
    span = now - drops[0].began
    return Stretch(span, slope, low, high, 1.0, median(rests), spread(rests))


def _slopes(drops: Sequence[Drop], points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the slopes between neighbours, and from the first to the last."""
    pairs = [*pairwise(points), *([(points[0], points[-1])] if len(drops) > 1 else [])]
    return sorted((after[1] - before[1]) / (after[0] - before[0]) for before, after in pairs)
