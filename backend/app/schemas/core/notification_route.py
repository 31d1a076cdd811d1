"""Routes of notifications: which alerts, to whom, when, and in which form."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from app.kernel.text import printable
from app.models.core.alert import Severity
from app.schemas.base import Input, Output

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
Word = Annotated[str, Field(min_length=1, max_length=120)]
_MOST = 200
_YEARS = (1970, 2200)  # at the ends of the calendar there is no later time to tell somebody


def _known_zone(name: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - a list that only a check needs

    if name and name not in available_timezones():
        raise ValueError("There is no such time zone; write it as Europe/Berlin.")
    return name


Zone = Annotated[str, Field(max_length=60), AfterValidator(_known_zone)]


def _foreseeable(moment: datetime) -> datetime:
    first, last = _YEARS
    if not first <= moment.year <= last:
        raise ValueError(f"Name a time between the years {first} and {last}.")
    return moment


class Hours(Input):
    """Hours of days of the week, Monday is 0. An end before the beginning is on the next day."""

    model_config = ConfigDict(frozen=True)

    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(
        (0, 1, 2, 3, 4, 5, 6), min_length=1, max_length=7
    )
    begin: Clock
    end: Clock


class RouteMatch(Input):
    """Which alerts; what is empty fits all, and every list that is not must hold one that fits."""

    model_config = ConfigDict(frozen=True)

    severities: tuple[Severity, ...] = ()
    domains: tuple[Word, ...] = Field((), max_length=_MOST, examples=[["infrastructure"]])
    types: tuple[Word, ...] = Field((), max_length=_MOST, examples=[["server_offline"]])
    tags: tuple[Word, ...] = Field((), max_length=_MOST)
    groups: tuple[uuid.UUID, ...] = Field((), max_length=_MOST)
    servers: tuple[uuid.UUID, ...] = Field((), max_length=_MOST)
    hours: tuple[Hours, ...] = Field((), max_length=20, description="Only at these times.")
    zone: Zone = Field("", description="Of the hours; empty: Unity's own.")


class GroupBy(StrEnum):
    """What is told of in one message."""

    CAUSE = "cause"
    SERVER = "server"
    TYPE = "type"
    ALERT = "alert"  # each by itself
    ALL = "all"


class Digest(StrEnum):
    """Whether alerts are collected."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class RoutePlan(Input):
    """Who is told, and when."""

    model_config = ConfigDict(frozen=True)

    channels: tuple[uuid.UUID, ...] = Field((), max_length=20)
    group_by: GroupBy = GroupBy.SERVER
    group_wait_seconds: int = Field(
        10, ge=0, le=3600, description="How long the first alert of a group waits for others."
    )
    group_interval_seconds: int = Field(
        300, ge=0, le=86_400, description="The least time between two messages of a group."
    )
    repeat_minutes: int = Field(
        0, ge=0, le=10_080, description="Say it again until it is acknowledged; 0: never."
    )
    escalate_after_minutes: int = Field(
        0, ge=0, le=10_080, description="Tell further channels when nobody acknowledges; 0: never."
    )
    escalate_to: tuple[uuid.UUID, ...] = Field((), max_length=20)
    quiet: tuple[Hours, ...] = Field((), max_length=20, description="Messages wait until the end.")
    quiet_lets_through: tuple[Severity, ...] = (Severity.CRITICAL,)
    digest: Digest = Digest.OFF
    digest_at: Clock = "08:00"
    digest_day: int = Field(0, ge=0, le=6, description="Of a weekly digest; Monday is 0.")
    zone: Zone = Field("", description="Of quiet hours and digests; empty: Unity's own.")
    sends_resolved: bool = Field(
        default=True, description="Whether those who heard of it hear of its end."
    )


class RouteWrite(Input):
    """A route as a person enters it."""

    name: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=80, examples=["At night"]
    )
    parent_id: uuid.UUID | None = None
    position: int = Field(0, ge=0, le=10_000, description="Among its siblings.")
    is_enabled: bool = True
    goes_on: bool = Field(default=False, description="The next routes are tried as well.")
    match: RouteMatch = RouteMatch()
    plan: RoutePlan | None = Field(None, description="Null: as the route above has it.")


class RouteRead(Output):
    """A route; the list is a tree by `parent_id`, in order."""

    id: uuid.UUID
    name: str
    parent_id: uuid.UUID | None
    position: int
    is_enabled: bool
    goes_on: bool
    match: RouteMatch
    plan: RoutePlan | None
    findings: list[str] = Field(
        description="What keeps it from doing what it seems to do: a tag that nothing has.",
        examples=[["Nothing has the tag 'home'. So nothing takes this way."]],
    )


class ExplainQuery(Input):
    """An alert that might be; or one of the inbox, by its id."""

    alert_id: uuid.UUID | None = None
    severity: Severity = Severity.WARNING
    domain: str = Field("infrastructure", max_length=60)
    alert_type: str = Field("", max_length=120)
    resource_id: uuid.UUID | None = None
    at: Annotated[AwareDatetime, AfterValidator(_foreseeable)] | None = Field(
        None, description="Now, unless another time is asked for."
    )


class ExplainStep(Output):
    """What one route had to say."""

    route_id: uuid.UUID
    name: str
    depth: int
    fits: bool
    why: str


class ExplainTold(Output):
    """One channel that would be told."""

    channel_id: uuid.UUID
    channel_name: str
    route_id: uuid.UUID
    route_name: str
    at: datetime
    waits_for: str = Field(description="group, digest or quiet hours; empty: nothing")
    escalates_at: datetime | None
    escalates_to: list[str]


class Explanation(Output):
    """Who would get this, and why."""

    told: list[ExplainTold]
    steps: list[ExplainStep]
    summary: str
