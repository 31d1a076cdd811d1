"""The tiers: for how long measurements are kept, and at which width."""

from dataclasses import dataclass

DAY = 86_400
FIVE_MINUTES = 300
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Tier:
    """A width of buckets, and how many days of them lie in one row."""

    seconds: int
    days: int

    @property
    def buckets_a_day(self) -> int:
        """How many buckets a day has."""
        return DAY // self.seconds

    def period(self, day: int) -> int:
        """Return the period that a day (since 1970) falls into."""
        return day // self.days


# A row of some hundred buckets is long enough to compress and short enough to rewrite daily.
TIERS = (Tier(FIVE_MINUTES, 1), Tier(HOUR, 32), Tier(DAY, 366))
