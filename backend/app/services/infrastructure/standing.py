"""The troubles of a server's facts as they are kept: since when, and how old the kept value is."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from app.services.core.facts import Trouble
from app.services.infrastructure.cycle import RateReadings
from app.services.infrastructure.status import MENDABLE, FactTrouble


class Standing(NamedTuple):
    """One trouble with its history. Times are Unix seconds."""

    trouble: str
    detail: str
    fix: str
    since: float
    read_at: float | None = None  # when the value that is still shown was read

    def of(self, fact: str) -> FactTrouble:
        """Return what the judge wants to know of it."""
        return FactTrouble(fact, Trouble(self.trouble), self.detail, self.fix)


def load(text: str) -> dict[str, Standing]:
    """Read what `dump` wrote."""
    if text == "{}":
        return {}
    return {fact: Standing(**entry) for fact, entry in json.loads(text).items()}


def dump(troubles: Mapping[str, Standing]) -> str:
    """Return the form in which they are stored."""
    if not troubles:
        return "{}"
    return json.dumps({fact: one._asdict() for fact, one in troubles.items()})


def wants_old_values(readings: RateReadings) -> bool:
    """Say whether a value of before has to be kept in the place of one that failed."""
    return any(trouble.trouble in MENDABLE for trouble in readings.troubles)


def merge(
    readings: RateReadings,
    before: Mapping[str, Standing],
    *,
    old_values: Mapping[str, str],
    old_read_at: float | None,
    now: float,
) -> tuple[dict[str, Standing], dict[str, str]]:
    """Return the troubles as they now stand, and the older values that stay.

    A thing that is absent now takes its value along: showing a pulled-out disk would be a lie.
    """
    standing: dict[str, Standing] = {}
    kept: dict[str, str] = {}
    for one in readings.troubles:
        known = before.get(one.fact)
        read_at = None
        if one.trouble in MENDABLE and one.fact in old_values:
            kept[one.fact] = old_values[one.fact]
            read_at = known.read_at if known and known.read_at is not None else old_read_at
        is_same = known is not None and known.trouble == one.trouble
        since = known.since if known is not None and is_same else now
        standing[one.fact] = Standing(one.trouble.value, one.detail, one.fix, since, read_at)
    return standing, kept
