"""Teeth: where a line fell back, from how high and to how low.

Logs are rotated, snapshots expire, people clean up. What has fallen back from as high before will
do so again, and is no forecast until it goes beyond what it did before.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drop:
    """One fall, between the times at which it began and ended."""

    began: float
    ended: float
    peak: float
    low: float

    @property
    def size(self) -> float:
        """How far it fell."""
        return self.peak - self.low


def drops_of(times: Sequence[float], values: Sequence[float], least: float) -> list[Drop]:
    """Return the falls of at least such a size, each from its peak to its lowest point.

    A fall ends where the line has risen again by as much, so wobbling on the way is no fall.
    """
    found: list[Drop] = []
    if not values or least <= 0:
        return found
    peak = low = 0
    is_falling = False
    for place, value in enumerate(values):
        if is_falling:
            if value < values[low]:
                low = place
            elif value - values[low] >= least:
                found.append(Drop(times[peak], times[low], values[peak], values[low]))
                is_falling, peak = False, place
        elif value >= values[peak]:
            peak = place
        elif values[peak] - value >= least:
            is_falling, low = True, place
    if is_falling:
        found.append(Drop(times[peak], times[low], values[peak], values[low]))
    return found
