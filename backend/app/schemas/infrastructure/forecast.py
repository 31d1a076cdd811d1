"""Forecasts: what is used up next, with the line it was read from."""

import uuid
from datetime import datetime

from pydantic import Field

from app.models.infrastructure.forecast import ForecastKind
from app.schemas.base import Output, PageQuery


class ForecastQuery(PageQuery):
    """Which forecasts a list shows."""

    kind: ForecastKind | None = Field(None, description="Only what is used up in this way.")
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")
    resource_id: uuid.UUID | None = Field(None, description="Only those of this resource.")
    subject: str = Field("", max_length=500, description="Only this mount point or pool.")
    dated: bool | None = Field(None, description="Only those with a date, or those without.")
    within_days: int | None = Field(
        None, ge=0, le=36_500, description="Only what is used up so soon."
    )


class ForecastRead(Output):
    """When something is used up, or why that cannot be said."""

    id: uuid.UUID
    resource_id: uuid.UUID
    resource_name: str
    resource_kind: str = Field(examples=["server"])
    server_id: uuid.UUID | None
    server_name: str
    kind: ForecastKind
    subject: str = Field(description="The mount point, pool or volume.", examples=["/srv"])
    metric: str
    unit: str
    level: float = Field(description="Where it is used up, in the unit.")
    value: float = Field(description="The newest value, in the unit.")
    full_at: datetime | None = Field(description="When it is used up; null: see `why_not`.")
    earliest_at: datetime | None
    latest_at: datetime | None = Field(description="Null: the slowest growth never gets there.")
    confidence: float = Field(description="How many of the compared points grow, from 0.5 to 1.")
    per_day: float = Field(description="How much it grows a day, in the unit.")
    seen_days: float = Field(description="For how long it has grown like this.")
    why_not: str = Field(
        description="`too_few_days`, `no_growth`, `unsteady`, `falls_back`, `just_fell`,"
        " `too_far` or `hardly_worn`; empty when there is a date."
    )
    why: str = Field(description="The same in a sentence.")
    score_off: float | None = Field(
        description="By how much the forecasts of a week ahead were off in the last 30 days."
    )
    score_count: int = Field(description="Of how many forecasts that is the median.")
    made_at: datetime


class ForecastDetail(ForecastRead):
    """A forecast with what its chart shows: the history, the line and its band."""

    labels: dict[str, str]
    times: list[int] = Field(description="Seconds since 1970, of `values`.")
    values: list[float | None]
    line_times: list[int] = Field(description="Seconds since 1970, of the line and its band.")
    line: list[float]
    band_low: list[float]
    band_high: list[float]


class RiskQuery(PageQuery):
    """Which drives a list shows."""

    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")


class RiskRead(Output):
    """How likely a drive fails within a year, by published statistics; never by a guess."""

    device_id: uuid.UUID
    name: str
    model: str
    server_id: uuid.UUID
    server_name: str
    media: str
    level: str = Field(description="The verdict about the drive.")
    least: float | None = Field(description="From 0 to 1; null: see `why`.", examples=[0.2])
    greatest: float | None = Field(examples=[0.39])
    code: str = Field(description="The reason code of the counter that decides.")
    value: int | None = Field(description="What the counter says.")
    why: str = Field(description="What the figure rests on, or why there is none.")
    source: str
