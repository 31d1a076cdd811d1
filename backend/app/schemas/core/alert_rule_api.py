"""Alert rules as people write and read them, and what a rule would have done."""

import uuid
from datetime import datetime

from pydantic import AwareDatetime, Field

from app.models.core.alert import Severity
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.alert_rule import Override, RuleDefinition, Scope, Timing
from app.schemas.core.silence import Line


class RuleWrite(Timing):
    """A rule: what it looks at, where, how patient it is, and what it says."""

    name: Line = Field(min_length=1, max_length=120, examples=["Processor is busy"])
    severity: Severity = Severity.WARNING
    domain: str = Field("infrastructure", min_length=1, max_length=40, pattern=r"^[a-z_]+$")
    definition: RuleDefinition
    scope: Scope = Field(default_factory=Scope)
    overrides: list[Override] = Field([], max_length=100)
    title: Line = Field("", max_length=200, description="{name}, {subject}, {rule} are filled in.")
    over: Line = Field("", max_length=200, description="The title when it is over.")
    message: Line = Field("", max_length=1000, description="{value}, {level} are filled in, too.")
    fix: Line = Field("", max_length=1000)
    runbook: Line = Field("", max_length=500)
    is_enabled: bool = True


class RuleFinding(Output):
    """Something about a rule that keeps it from doing what it seems to do."""

    kind: str = Field(
        description="`blind`, `overlap`, `scope`, `units` or `unreadable`; `waiting`: nothing here"
        " reports yet what a built-in rule looks at, which is no fault of it."
    )
    text: str


class AlertRuleRead(Output):
    """A rule as it is."""

    id: uuid.UUID
    key: str | None = Field(description="Of a built-in rule; null for one that people made.")
    name: str
    kind: str
    domain: str
    severity: Severity
    definition: RuleDefinition | None = Field(description="Null: what is stored cannot be read.")
    scope: Scope
    overrides: list[Override]
    for_seconds: int
    for_samples: int
    clear_seconds: int
    cooldown_seconds: int
    flap_changes: int
    flap_seconds: int
    title: str
    over: str
    message: str
    fix: str
    runbook: str
    is_enabled: bool
    muted_until: datetime | None
    version: int
    updated_at: datetime
    is_changed: bool = Field(description="A built-in rule that differs from how it came.")
    source: str = Field(description="Where the levels of a built-in rule come from.")
    firing: int = Field(description="How many of its alerts are open.")
    findings: list[RuleFinding]


class RuleQuery(PageQuery):
    """Which rules."""

    domain: str = Field("", max_length=40, description="Only those of this domain.")
    is_enabled: bool | None = Field(None, description="Only those that are, or are not, on.")
    has_findings: bool = Field(default=False, description="Only those that lint complains about.")


class RuleMute(Input):
    """Tell nobody of a rule's alerts for a while."""

    until: AwareDatetime | None = Field(description="Null: not any longer.")


class RuleSwitch(Input):
    """Switch a rule on or off."""

    is_enabled: bool = Field(examples=[True])


class RulePreviewWish(Input):
    """A rule to try out over what was measured."""

    rule: RuleWrite
    days: int = Field(7, ge=1, le=31, description="How far back to look.")


class PreviewIncident(Output):
    """One time that the rule would have fired."""

    resource_id: uuid.UUID
    resource_name: str
    subject: str
    metric: str
    labels: dict[str, str]
    began_at: datetime
    fired_at: datetime
    resolved_at: datetime | None = Field(description="Null: it would still be firing.")
    seconds: int
    peak: float | None


class RulePreview(Output):
    """What a rule would have done."""

    since: datetime = Field(description="From when on there was anything to look at.")
    until: datetime
    series: int = Field(description="How many series the rule looks at.")
    series_tried: int = Field(description="Over how many of them it was tried.")
    count: int = Field(description="How often it would have fired.")
    seconds: int = Field(description="For how long altogether.")
    resources: int = Field(description="On how many resources.")
    incidents: list[PreviewIncident] = Field(description="The newest hundred.")
    note: str = Field(description="What limits this answer; empty when nothing does.")
    findings: list[RuleFinding]
