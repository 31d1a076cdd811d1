"""How far a machine's clock is from ours."""

from datetime import timedelta

from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.facts.clock import Clock, ClockFact


def clock_offset(result: CycleResult) -> timedelta | None:
    """Return how far the clock is ahead of ours, None when the machine did not tell its time.

    The machine read its clock at some moment of the cycle; the nearest one is taken, so that a
    slow cycle is not mistaken for a wrong clock.
    """
    clock = result.values.get(ClockFact.name)
    if not isinstance(clock, Clock):
        return None
    ahead = clock.now - result.started_at.timestamp()
    if ahead < 0:
        return timedelta(seconds=ahead)
    return timedelta(seconds=max(0.0, ahead - result.seconds))
