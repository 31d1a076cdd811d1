"""Alerts as people read and handle them."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from app.models.core.alert import AlertState, Severity
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.silence import Line, Matcher


class AlertRead(Output):
    """Something that is or was wrong with a resource."""

    id: uuid.UUID
    rule_id: uuid.UUID | None
    rule_name: str
    kind: str = Field(examples=["filesystem_full"])
    domain: str
    severity: Severity
    state: AlertState
    title: str
    message: str
    fix: str
    subject: str = Field(description="Which one of its kind, such as a mount point.")
    labels: dict[str, str]
    value: float | None
    unit: str
    reasons: list[str]
    runbook: str = Field(description="The slug of a page, or an address.")
    resource_id: uuid.UUID
    resource_name: str
    resource_kind: str
    server_id: uuid.UUID | None
    server_name: str
    tags: list[str] = Field(description="Of the resource.")
    began_at: datetime
    fired_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_note: str
    resolved_at: datetime | None
    snoozed_until: datetime | None
    is_flapping: bool
    muted_by: str = Field(description="Why nobody is told; empty when it is told.")
    cause_id: uuid.UUID | None = Field(description="The alert that this one follows from.")
    cause_title: str
    consequences: int = Field(description="How many open alerts follow from this one.")


class AlertStanding(StrEnum):
    """Groups of states that people ask for."""

    OPEN = "open"  # all but resolved
    ACTIVE = "active"  # firing or acknowledged


class AlertQuery(PageQuery):
    """Which alerts."""

    state: AlertState | AlertStanding | None = Field(
        None, description="Only those in this state; `open`: not over, `active`: told, not over."
    )
    severity: Severity | None = Field(None, description="Only those of this severity.")
    domain: str = Field("", max_length=40, description="Only those of this domain.")
    kind: str = Field("", max_length=60, description="Only those of this kind.")
    resource_id: uuid.UUID | None = Field(None, description="Only those of this resource.")
    server_id: uuid.UUID | None = Field(
        None, description="Only those of this server and of what belongs to it."
    )
    tag: str = Field("", max_length=60, description="Only of resources with this tag.")
    group: str = Field("", max_length=60, description="Only of members of this group.")
    rule_id: uuid.UUID | None = Field(None, description="Only those of this rule.")
    cause_id: uuid.UUID | None = Field(None, description="Only what follows from this alert.")
    is_muted: bool | None = Field(None, description="Only those that are, or are not, kept quiet.")
    roots_only: bool = Field(
        default=False, description="Leave out what follows from an alert that is still open."
    )


class AlertCount(Output):
    """How many open alerts there are of a kind."""

    state: AlertState
    severity: Severity
    domain: str
    is_muted: bool
    count: int


class AlertChart(Output):
    """A metric that an alert is about, with the levels to draw on it."""

    metric: str
    labels: dict[str, str]
    unit: str
    operator: str
    raise_level: float | None
    clear_level: float | None


class AlertDetail(AlertRead):
    """One alert with what is needed to understand it, and to silence it."""

    charts: list[AlertChart]
    silence: list[Matcher] = Field(description="Matchers that fit this alert and its like.")
    for_seconds: int = Field(description="How long it had to last before it was told.")


class TimelineEntry(Output):
    """Something that happened to an alert."""

    at: datetime
    kind: str = Field(examples=["alert.acknowledged"])
    text: str
    by: str


class EarlierAlert(Output):
    """The same condition at another time."""

    id: uuid.UUID
    state: AlertState
    severity: Severity
    began_at: datetime
    resolved_at: datetime | None


class AlertHistory(Output):
    """What happened to an alert, and how often it has been there before."""

    entries: list[TimelineEntry]
    others: list[EarlierAlert] = Field(description="The newest twenty, without this one.")


class AlertIds(Input):
    """Which alerts to change; all of them, or none."""

    ids: list[uuid.UUID] = Field(min_length=1, max_length=1000)


class AlertAcknowledge(AlertIds):
    """Take alerts on."""

    note: Line = Field("", max_length=1000, examples=["Disk is ordered."])


class AlertSnooze(AlertIds):
    """Keep alerts quiet for a while."""

    until: AwareDatetime | None = Field(description="Null: not any longer.")


class AlertsChanged(Output):
    """How many alerts were changed; those that were so already, or are over, do not count."""

    changed: int
