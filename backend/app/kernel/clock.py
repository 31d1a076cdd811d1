"""Time as an argument: nothing but this file asks the machine what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is, with a zone."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves when told: for tests and for simulations of the future."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on; a negative step is a clock that was set back."""
        self._now += by
