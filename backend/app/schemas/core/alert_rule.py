"""What an alert rule watches for: the shapes of its definition, scope and overrides."""

import math
import uuid
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.models.core.alert import Severity
from app.schemas.base import Input
from app.schemas.core.metric import MetricName

_MONTH = 31 * 86_400


class Operator(StrEnum):
    """How a value is compared with a level."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="


class Aggregation(StrEnum):
    """What is made of the samples in the window."""

    LAST = "last"
    AVERAGE = "avg"
    LEAST = "min"
    GREATEST = "max"


class Match(StrEnum):
    """How a label is compared. A label that is missing is an empty text."""

    IS = "is"
    IS_NOT = "is_not"
    LIKE = "like"  # with * and ?
    NOT_LIKE = "not_like"


class LabelMatcher(Input):
    """A condition on one label of the series."""

    label: str = Field(min_length=1, max_length=100, examples=["mountpoint"])
    match: Match = Match.IS
    value: str = Field(max_length=500, examples=["/home"])


Finite = Annotated[float, Field(allow_inf_nan=False)]
Matchers = Annotated[
    list[LabelMatcher],
    Field(max_length=20, description="Only series whose labels fit all of these."),
]
Unit = Annotated[
    str,
    Field(
        max_length=40,
        description="The unit of the levels; it must be the unit of the series.",
        examples=["percent"],
    ),
]


class Levels(Input):
    """From which value on it is wrong, and from which it is well again (hysteresis)."""

    operator: Operator = Operator.ABOVE
    raise_level: Finite = Field(description="Wrong from here on.", examples=[90])
    clear_level: Finite | None = Field(
        None, description="Well again from here on; null: the same level.", examples=[88]
    )
    unit: Unit = ""

    @model_validator(mode="after")
    def _levels_do_not_cross(self) -> Self:
        if self.clear_level is None:
            return self
        if self.operator in (Operator.EQUAL, Operator.NOT_EQUAL):
            raise ValueError("A rule for one exact value has no level of its own to clear at.")
        is_upper = self.operator in (Operator.ABOVE, Operator.AT_LEAST)
        if (
            (self.clear_level > self.raise_level)
            if is_upper
            else (self.clear_level < self.raise_level)
        ):
            side = "above" if is_upper else "below"
            raise ValueError(f"The level to clear at lies {side} the level to raise at.")
        return self


class Threshold(Levels):
    """A value beyond a level, as it is or over a window."""

    type: Literal["threshold"] = "threshold"
    metric: MetricName
    labels: Matchers = Field([])
    aggregation: Aggregation = Aggregation.LAST
    window_seconds: int = Field(0, ge=0, le=7 * 86_400, description="0 with `last` only.")

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        if (self.aggregation is Aggregation.LAST) != (self.window_seconds == 0):
            raise ValueError("`last` has no window; every other aggregation needs one.")
        return self


class RateOfChange(Levels):
    """A value that changes too fast: the change from the window's begin to its end, per time."""

    type: Literal["rate_of_change"] = "rate_of_change"
    metric: MetricName
    labels: Matchers = Field([])
    window_seconds: int = Field(ge=60, le=7 * 86_400)
    per_seconds: int = Field(3600, ge=1, le=_MONTH, description="The levels are per this time.")
    in_percent: bool = Field(
        default=False, description="Of the value at the window's begin; the unit is `percent`."
    )


class Absence(Input):
    """Nothing was measured for a time, though it was before."""

    type: Literal["absence"] = "absence"
    metric: MetricName
    labels: Matchers = Field([])
    after_seconds: int = Field(ge=60, le=_MONTH)


class Forecast(Input):
    """A value that, going on like this, reaches a level soon.

    The slope is robust: bursts and sawteeth do not move it. `least_confidence` is the share of
    the pairs of points that must agree with its direction.
    """

    type: Literal["forecast"] = "forecast"
    metric: MetricName
    labels: Matchers = Field([])
    level: Finite = Field(examples=[100])
    unit: Unit = ""
    within_seconds: int = Field(ge=3600, le=365 * 86_400, examples=[4 * 86_400])
    window_seconds: int = Field(7 * 86_400, ge=6 * 3600, le=90 * 86_400)
    least_confidence: float = Field(0.7, ge=0.5, le=1)


class StateChange(Input):
    """A condition that a domain reports itself, by the name of its alert type."""

    type: Literal["state"] = "state"
    alert_type: str = Field(min_length=1, max_length=60, examples=["server_offline"])


Simple = Annotated[Threshold | RateOfChange | Absence, Field(discriminator="type")]


class Composite(Input):
    """Several conditions on the same resource at once."""

    type: Literal["composite"] = "composite"
    join: Literal["all", "any"] = "all"
    parts: list[Simple] = Field(min_length=2, max_length=8)


RuleDefinition = Annotated[
    Threshold | RateOfChange | Absence | Forecast | Composite | StateChange,
    Field(discriminator="type"),
]


class Scope(Input):
    """On which resources: all, or those named here, with all that belongs to a named server."""

    servers: list[uuid.UUID] = Field([], max_length=1000)
    tags: list[str] = Field([], max_length=100)
    groups: list[uuid.UUID] = Field([], max_length=100)

    @property
    def is_everything(self) -> bool:
        """Tell whether it leaves nothing out."""
        return not (self.servers or self.tags or self.groups)


class Override(Input):
    """Other levels, another severity or no alert at all for some series; the first that fits."""

    labels: list[LabelMatcher] = Field([], max_length=20)
    servers: list[uuid.UUID] = Field([], max_length=100, description="Empty: on every server.")
    raise_level: Finite | None = None
    clear_level: Finite | None = None
    severity: Severity | None = None
    for_seconds: int | None = Field(None, ge=0, le=_MONTH)
    is_ignored: bool = False


class Timing(Input):
    """How long until it is told, until it is over, and how often it may change."""

    for_seconds: int = Field(0, ge=0, le=_MONTH)
    for_samples: int = Field(1, ge=1, le=100, description="At least so many looks in a row.")
    clear_seconds: int = Field(0, ge=0, le=_MONTH)
    cooldown_seconds: int = Field(0, ge=0, le=_MONTH)
    flap_changes: int = Field(5, ge=0, le=100, description="0: it is never called flapping.")
    flap_seconds: int = Field(3600, ge=60, le=_MONTH)


def metrics_of(definition: RuleDefinition) -> frozenset[str]:
    """Return the metrics that a definition looks at; none for a reported state."""
    if isinstance(definition, StateChange):
        return frozenset()
    if isinstance(definition, Composite):
        return frozenset(part.metric for part in definition.parts)
    return frozenset({definition.metric})


def is_number(value: float | None) -> bool:
    """Tell whether a value can be compared: there is one, and it is finite."""
    return value is not None and math.isfinite(value)
