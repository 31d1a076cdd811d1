"""Lines that tests look at: hourly values as a function of the day."""

import random
from collections.abc import Callable

HOUR, DAY = 3600.0, 86_400.0
Course = Callable[[float], float]
Line = tuple[list[float], list[float]]


def line(days: float, course: Course, *, noise: float = 0.0, seed: int = 1) -> Line:
    """Return times and values, one each hour."""
    rng = random.Random(seed)  # noqa: S311 - noise, not a secret
    hours = range(round(days * 24) + 1)
    return (
        [HOUR * hour for hour in hours],
        [course(hour / 24) + rng.gauss(0, noise) for hour in hours],
    )
