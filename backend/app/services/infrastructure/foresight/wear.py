"""When the rated endurance of a drive is used up: pure, from its wear and its hours.

The wear is a whole percentage that steps up every few weeks or years. So two rates are looked at:
that of the drive's whole life, and that of the months that were watched, and the date lies between
what the two allow. Used up is no failure: it is where the maker's promise ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.services.core.foresight.samples import DAY, clean
from app.services.core.foresight.stretches import WhyNot
from app.services.core.foresight.trend import Outlook

_USED_UP = 100.0
_LEAST_WEAR = 2.0
_LEAST_HOURS = 30 * 24.0
_LEAST_SEEN = 60 * DAY
_FAR = 20 * 365 * DAY
HARDLY_WORN = "hardly_worn"


@dataclass(frozen=True, slots=True)
class Life:
    """What a drive says of itself, and the wear that was seen of it, as seconds and percent."""

    wear: float | None
    power_on_hours: float | None
    times: Sequence[float] = ()
    values: Sequence[float] = ()
    duty: float = 1.0  # the part of the time for which it is switched on


def wear_outlook(life: Life) -> tuple[Outlook, str]:
    """Return when the endurance is used up, and why that cannot be said."""
    wear, hours = life.wear, life.power_on_hours
    if wear is None or hours is None or hours < _LEAST_HOURS or not 0 < life.duty <= 1:
        return _nothing(wear, WhyNot.TOO_FEW_DAYS), WhyNot.TOO_FEW_DAYS
    if wear >= _USED_UP:
        return Outlook(0.0, 0.0, 1.0, 0.0, 0.0, value=wear), ""
    if wear < _LEAST_WEAR:
        return _nothing(wear, None), HARDLY_WORN
    seconds = hours * 3600 / life.duty
    rates = [(wear / seconds, (wear + 1) / seconds)]
    lately = _lately(life)
    if lately is not None:
        rates.append(lately)
    # The newer rate leads, the older one bounds; each step of the display is a whole percent.
    low, high = min(one for one, _ in rates), max(one for _, one in rates)
    leading = sum(rates[-1]) / 2
    left = _USED_UP - wear
    if leading <= 0 or left / leading > _FAR:
        return _nothing(wear, WhyNot.TOO_FAR), WhyNot.TOO_FAR
    latest = left / low if low > 0 else None
    return (
        Outlook(
            left / leading,
            leading,
            1.0 if lately is not None else 0.75,
            max(0.0, left - 1) / high,
            latest,
            low,
            high,
            wear,
            min(seconds, _span(life)) if lately is not None else seconds,
        ),
        "",
    )


def _nothing(wear: float | None, why: WhyNot | None) -> Outlook:
    return Outlook(None, 0.0, 0.5, value=wear or 0.0, why_not=why)


def _span(life: Life) -> float:
    times, _ = clean(life.times, life.values)
    return times[-1] - times[0] if times else 0.0


def _lately(life: Life) -> tuple[float, float] | None:
    """Return the least and the greatest rate that the steps which were seen allow."""
    times, values = clean(life.times, life.values)
    if not times or times[-1] - times[0] < _LEAST_SEEN:
        return None
    # The wear never goes back; where it does, the drive was replaced or answers nonsense.
    grown, span = values[-1] - values[0], times[-1] - times[0]
    if grown < 1 or any(after < before for before, after in pairwise(values)):
        return None
    return max(0.0, grown - 1) / span, (grown + 1) / span


def duty_of(times: Sequence[float], power_on_seconds: Sequence[float]) -> float:
    """Return for which part of the time a drive was switched on; all of it when unknown."""
    known, values = clean(times, power_on_seconds)
    if not known or known[-1] - known[0] < DAY:
        return 1.0
    share = (values[-1] - values[0]) / (known[-1] - known[0])
    return min(1.0, share) if share > 0.01 else 1.0  # noqa: PLR2004 - a counter that stands still
