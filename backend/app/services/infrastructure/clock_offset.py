"""How far a machine's clock is from ours."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel


def clock_offset(values: Mapping[str, BaseModel], at: datetime) -> timedelta | None:
    """Return how far the clock is ahead of ours, None when the machine did not tell its time."""
    for value in values.values():
        seconds = getattr(value, "unix_seconds", None)
        if isinstance(seconds, int | float):
            return timedelta(seconds=seconds - at.timestamp())
    return None
