"""Lengths of time as they are typed: 30m, 8h, 2d or 1w."""

import re
from datetime import timedelta

from app.kernel.errors import InvalidInput

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def length_of(text: str) -> timedelta:
    """Return it, or refuse what is none."""
    found = re.fullmatch(r"([0-9]{1,4})([mhdw])", text)
    if found is None:
        raise InvalidInput(f"{text!r} is no length of time.", fix="Write it as 30m, 8h, 2d or 1w.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
