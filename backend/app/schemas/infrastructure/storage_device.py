"""Drives: the list, one of them, what was said about it, and its self-tests."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import Field, model_validator

from app.models.infrastructure.storage_device import DeviceState
from app.schemas.base import Input, Output, PageQuery

_LARGEST = 2**53


class DeviceQuery(PageQuery):
    """Which drives a list shows."""

    level: str = Field("", max_length=20, description="Only those with this verdict.")
    state: DeviceState | None = Field(None, description="Only those in this state.")
    media: str = Field("", max_length=20, description="`hdd`, `ssd` or `nvme`.")
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")
    attention: bool = Field(default=False, description="Only those that warn, fail or are gone.")


class ReasonRead(Output):
    """One thing that speaks against a drive."""

    code: str = Field(examples=["pending_sectors"])
    level: str
    message: str
    value: int = Field(description="What an acknowledgement remembers.")
    source: str = Field(description="Where the rule comes from.")
    fix: str
    baseline: int | None = Field(description="The value when the drive was first seen.")
    is_acknowledged: bool


class DeviceRead(Output):
    """A drive as lists show it."""

    id: uuid.UUID
    server_id: uuid.UUID
    server_name: str
    name: str = Field(description="The machine's name of it.", examples=["sda"])
    title: str = Field(description="Model, serial number and name.")
    model: str
    vendor: str
    serial: str
    wwn: str
    firmware: str
    media: str = Field(description="`hdd`, `ssd`, `nvme`, or empty when nobody knows.")
    transport: str
    capacity_bytes: int | None
    uses: list[str] = Field(description="Mount points, and what it is a part of.")
    state: DeviceState
    level: str = Field(description="`ok`, `unknown`, `watch`, `warning` or `failing`.")
    known_level: str = Field(description="The newest verdict that was known.")
    level_since: datetime | None
    unknown_reason: str = Field(description="Why it is not known to be well; empty when it is.")
    reasons: list[ReasonRead]
    read_state: str
    read_detail: str
    read_at: datetime | None = Field(description="How old the values are.")
    temperature_celsius: int | None
    wear_percent: int | None
    power_on_hours: int | None
    written_bytes: float | None
    first_seen_at: datetime
    last_seen_at: datetime
    missing_since: datetime | None


class AttributeRead(Output):
    """One row of the attribute table."""

    id: int
    name: str
    value: int | None
    worst: int | None
    threshold: int | None
    raw: str
    when_failed: str
    is_scored: bool = Field(description="Whether a rule looks at it.")


class FieldRead(Output):
    """One number of the health log of NVMe, the counters of SAS or the statistics of SATA."""

    name: str
    value: str


class SelfTestRead(Output):
    """One entry of the drive's log of self-tests."""

    kind: str
    outcome: str
    detail: str
    at_hours: int | None
    lba: int | None


class LoggedErrorRead(Output):
    """One entry of the drive's log of errors, where a refused command stands, too."""

    number: int | None
    what: str
    command: str
    at_hours: int | None
    lba: int | None


class OpinionRead(Output):
    """What another tool's published rules say."""

    who: str
    opinion: str
    why: str


class LimitRead(Output):
    """Own limits of a drive for one rule."""

    code: str
    is_ignored: bool
    watch: int | None
    warning: int | None
    failing: int | None


class DeviceDetail(DeviceRead):
    """A drive with everything that is known of it."""

    identity: str
    path: str
    smart_type: str
    address: str
    protocol: str
    family: str
    interface: str
    rotation_rpm: int | None
    tool_version: str
    passed: bool | None = Field(description="What the drive says of itself.")
    temperature_warning: int | None
    temperature_critical: int | None
    error_log_count: int | None
    errors: list[LoggedErrorRead] = Field(description="The newest that it logged.")
    attributes: list[AttributeRead]
    fields: list[FieldRead]
    self_tests: list[SelfTestRead]
    self_test_running_percent: int | None
    short_test_days: int
    long_test_days: int
    short_test_at: datetime | None
    long_test_at: datetime | None
    opinions: list[OpinionRead]
    limits: list[LimitRead]
    replaced_by_id: uuid.UUID | None


class DeviceEventRead(Output):
    """Something that happened to a drive."""

    id: uuid.UUID
    at: datetime
    kind: str
    message: str
    actor: str


class LevelCount(Output):
    """How many drives have this verdict."""

    level: str
    count: int


class DeviceSummary(Output):
    """All drives at a glance; retired ones do not count."""

    total: int
    capacity_bytes: int
    levels: list[LevelCount]
    missing: int
    hottest_celsius: int | None
    most_worn_percent: int | None


class RuleRead(Output):
    """One rule by which drives are judged."""

    code: str
    what: str
    source: str
    fix: str
    steps: list[str]
    growth: str | None
    rates: list[str]
    only: str


class Acknowledge(Input):
    """Say that values are known; they are quiet until they change."""

    codes: list[str] = Field([], max_length=64, description="Which reasons; all when empty.")


class LimitWrite(Input):
    """Own limits of a drive for one rule."""

    is_ignored: bool = False
    watch: int | None = Field(None, ge=0, le=_LARGEST)
    warning: int | None = Field(None, ge=0, le=_LARGEST)
    failing: int | None = Field(None, ge=0, le=_LARGEST)

    @model_validator(mode="after")
    def _rise(self) -> "LimitWrite":
        given = [limit for limit in (self.watch, self.warning, self.failing) if limit is not None]
        if given != sorted(given):
            raise ValueError("The limits must rise from watch to failing.")
        if not given and not self.is_ignored:
            raise ValueError("Give at least one limit, or ignore the rule.")
        return self


class Retire(Input):
    """Say that a drive is not coming back."""

    replaced_by_id: uuid.UUID | None = Field(None, description="The drive in its place.")


class SelfTestKind(StrEnum):
    """Which self-test."""

    SHORT = "short"
    LONG = "long"
    ABORT = "abort"  # ends the one that runs


class SelfTestStart(Input):
    """Start a self-test now, or end the one that runs."""

    kind: SelfTestKind


class SelfTestSchedule(Input):
    """How often Unity starts self-tests; 0 days: never."""

    short_days: int = Field(ge=0, le=366, examples=[7])
    long_days: int = Field(ge=0, le=366, examples=[30])
