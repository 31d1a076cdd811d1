"""Why there is no date, in sentences for people."""

from collections.abc import Mapping
from types import MappingProxyType

from app.models.infrastructure.forecast import Forecast
from app.services.core.foresight.stretches import WhyNot
from app.services.infrastructure.foresight.wear import HARDLY_WORN

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        WhyNot.TOO_FEW_DAYS: "It has been measured for too few days.",
        WhyNot.NO_GROWTH: "It does not grow steadily.",
        WhyNot.UNSTEADY: "It grows too unsteadily to name a date.",
        WhyNot.FALLS_BACK: "It has grown like this before and fell back each time.",
        WhyNot.JUST_FELL: "It has just fallen; how it goes on is not known yet.",
        WhyNot.TOO_FAR: "It grows so slowly that a date would be a guess.",
        HARDLY_WORN: "It is hardly worn yet.",
    }
)


def why_words(row: Forecast) -> str:
    """Say why a forecast has no date; nothing when it has one."""
    return _WORDS.get(row.why_not, "") if row.full_at is None else ""
