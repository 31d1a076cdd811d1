"""How long measurements and history are kept, by kind of resource."""

from typing import Annotated

from pydantic import Field

from app.models.core.resource import ResourceKind
from app.schemas.base import Input, Output

# A hundred years: more is a slip of the hand.
_MOST_DAYS = 36_525
Days = Annotated[int, Field(ge=1, le=_MOST_DAYS)]


class Periods(Output):
    """Days for each width of measurements, and for the history."""

    raw_days: int
    five_minute_days: int
    hour_days: int
    day_days: int
    history_days: int


class RetentionWrite(Input):
    """Periods of one kind of resource; what is null is kept as for all others."""

    raw_days: Days | None = Field(None, description="Samples as they were read.")
    five_minute_days: Days | None = Field(None, description="5-minute values.")
    hour_days: Days | None = Field(None, description="Hourly values.")
    day_days: Days | None = Field(None, description="Daily values.")
    history_days: Days | None = Field(
        None, description="What happened: changes of status, alerts that are over, tests."
    )


class RetentionRead(Output):
    """What was entered for a kind, and what holds for it."""

    kind: ResourceKind
    own: RetentionWrite = Field(description="What was entered; null: as for all others.")
    effective: Periods = Field(description="What holds.")


class RetentionTable(Output):
    """All kinds that have periods of their own, or may have them."""

    defaults: Periods = Field(description="What holds for every kind without periods of its own.")
    kinds: list[RetentionRead]
