"""Silences and maintenance windows: which alerts, from when to when, and why."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, NaiveDatetime, model_validator

from app.kernel.text import printable
from app.models.core.alert import Severity
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.alert_rule import Match

_LONGEST = timedelta(days=366)


def _one_line(text: str) -> str:
    if printable(text) != text:
        raise ValueError("No line breaks or control characters.")
    return text


Line = Annotated[str, AfterValidator(_one_line)]


class MatchField(StrEnum):
    """What a matcher looks at."""

    SERVER = "server"
    RESOURCE = "resource"
    TAG = "tag"
    GROUP = "group"
    TYPE = "type"
    DOMAIN = "domain"
    SEVERITY = "severity"
    RULE = "rule"
    SUBJECT = "subject"
    LABEL = "label"
    ALERT = "alert"  # one single alert, by its id


class Matcher(Input):
    """A condition on an alert. Upper and lower case are the same."""

    field: MatchField = Field(examples=["server"])
    label: str = Field("", max_length=100, description="The label's name, for `label` only.")
    match: Match = Match.IS
    values: list[Annotated[Line, Field(max_length=500)]] = Field(
        min_length=1,
        max_length=50,
        description="Any of them will do. With `like`: * is any text, ? is one character.",
        examples=[["nas", "pve1"]],
    )

    @model_validator(mode="after")
    def _label_has_a_name(self) -> Self:
        if (self.field is MatchField.LABEL) != bool(self.label):
            raise ValueError("A matcher of a label needs the label's name, no other takes one.")
        return self


class SilenceWrite(Input):
    """Which alerts to keep quiet, from when to when."""

    matchers: list[Matcher] = Field(
        min_length=1, max_length=20, description="An alert must fit all of these."
    )
    reason: Line = Field(min_length=1, max_length=500, examples=["New disks are being built in."])
    starts_at: AwareDatetime | None = Field(None, description="Null: now.")
    ends_at: AwareDatetime = Field(examples=["2026-03-15T06:00:00Z"])

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("The silence ends before it starts.")
        if self.starts_at is not None and self.ends_at - self.starts_at > _LONGEST:
            raise ValueError("A silence lasts a year at most; disable the rule instead.")
        return self


class SilenceState(StrEnum):
    """Where a silence stands now."""

    ACTIVE = "active"
    COMING = "coming"
    OVER = "over"


class SilenceRead(Output):
    """A silence, and what it keeps quiet now."""

    id: uuid.UUID
    matchers: list[Matcher]
    reason: str
    author: str
    state: SilenceState
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    ended_by: str
    quiet_now: int = Field(description="How many open alerts it keeps quiet now.")


class SilenceQuery(PageQuery):
    """Which silences."""

    state: SilenceState | None = Field(None, description="Only those in this state.")


class MatchersPreview(Input):
    """Matchers to try out."""

    matchers: list[Matcher] = Field(max_length=20)


class MatchedAlert(Output):
    """An open alert that matchers fit."""

    id: uuid.UUID
    title: str
    severity: Severity
    resource_id: uuid.UUID
    resource_name: str
    began_at: datetime


class MatchersEffect(Output):
    """What matchers fit now."""

    total: int
    alerts: list[MatchedAlert] = Field(description="The worst and oldest twenty.")
    servers: list[str] = Field(description="The servers of these alerts by name.")


class WindowWrite(Input):
    """When something is being worked on, again and again or once."""

    name: Line = Field(min_length=1, max_length=120, examples=["Backups of the night"])
    is_enabled: bool = True
    zone: str = Field(
        max_length=60, description="Of the IANA database.", examples=["Europe/Berlin"]
    )
    start: NaiveDatetime = Field(
        description="The first beginning as the clock on the wall of that zone shows it.",
        examples=["2026-03-28T22:00"],
    )
    duration_seconds: int = Field(ge=60, le=31 * 86_400, examples=[28_800])
    rule: str = Field(
        "",
        max_length=300,
        description="As RFC 5545 has it, without DTSTART; empty: once.",
        examples=["FREQ=WEEKLY;BYDAY=SA"],
    )
    matchers: list[Matcher] = Field([], max_length=20, description="Empty: every alert.")
    reason: Line = Field("", max_length=500)


class SpanRead(Output):
    """One time that a window is open."""

    start: datetime
    end: datetime


class WindowRead(Output):
    """A maintenance window with its next times."""

    id: uuid.UUID
    name: str
    is_enabled: bool
    zone: str
    start: str = Field(description="The wall clock, as 2026-03-28T22:00.")
    duration_seconds: int
    rule: str
    matchers: list[Matcher]
    reason: str
    author: str
    is_open: bool
    next: list[SpanRead] = Field(description="The next five times, the open one first.")


class WindowPreview(Output):
    """When a window would be open, and what it would keep quiet now."""

    next: list[SpanRead]
    effect: MatchersEffect


class Maintenance(Input):
    """Work on one resource and all that hangs on it."""

    until: AwareDatetime | None = Field(description="Null ends it now.")
    reason: Line = Field("", max_length=500)
