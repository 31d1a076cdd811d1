"""Weekly reports as the API speaks of them."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.kernel.text import printable
from app.models.infrastructure.report import ReportCause
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.notification_route import Clock, Zone

_MOST_CHANNELS = 20
Name = Annotated[str, AfterValidator(printable), Field(min_length=1, max_length=80)]


class HealthReportWrite(Input):
    """A report that comes every week."""

    name: Name = Field(examples=["Weekly health"])
    group_id: uuid.UUID | None = Field(
        None, description="Only what is in this group, or hangs on it; without: everything."
    )
    is_enabled: bool = Field(default=True, description="Whether it comes by itself.")
    weekday: int = Field(0, ge=0, le=6, description="0 is Monday.")
    clock: Clock = Field("07:00", description="The time on the wall.", examples=["07:00"])
    zone: Zone = Field("", description="Of the time; empty: Unity's own.")
    channel_ids: list[uuid.UUID] = Field(
        default=[], max_length=_MOST_CHANNELS, description="The channels that it goes to."
    )


class HealthReportRead(Output):
    """A report with its schedule, and when it was made last."""

    id: uuid.UUID
    name: str
    group_id: uuid.UUID | None
    group_name: str
    is_enabled: bool
    weekday: int
    clock: str
    zone: str
    channel_ids: list[uuid.UUID]
    next_at: datetime | None = Field(description="When it is made next; null: it is off.")
    last_at: datetime | None = Field(description="When it was made last.")
    finding: str = Field(description="Why nobody gets it, though it is planned; or nothing.")


class ReportPreviewQuery(Input):
    """What a report would be about."""

    group_id: uuid.UUID | None = Field(None, description="One group; without: everything.")
    name: Name = "Weekly health"


class ReportPreview(Output):
    """A report as it would go out now."""

    title: str
    text: str
    html: str
    began_at: datetime
    ended_at: datetime
    counts: dict[str, int] = Field(description="The few numbers that it is about, by name.")


class ReportIssueQuery(PageQuery):
    """Which reports."""

    report_id: uuid.UUID | None = Field(None, description="Of this schedule.")


class ReportIssueRead(Output):
    """A report that was sent."""

    id: uuid.UUID
    report_id: uuid.UUID | None
    report_name: str
    group_name: str
    cause: ReportCause
    requested_by: str
    made_at: datetime
    began_at: datetime
    ended_at: datetime
    title: str
    counts: dict[str, int]
    channels: list[str] = Field(description="The names of the channels it went to.")


class ReportIssueDetail(ReportIssueRead):
    """The same, word for word."""

    text: str
    html: str
