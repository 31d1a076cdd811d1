"""Built-in rules: known by a key, entered when they are missing, changed by people afterwards."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Severity
from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import RuleDefinition, Scope, StateChange, Timing
from app.services.core.alerts.types import AlertType
from app.services.core.metrics.statements import insert_missing

# The id follows from the key, so that every process and every worker enters the same row.
_NAMESPACE = uuid.UUID("0190b3a5-7c11-7d4e-9a51-5c0e1c0de001")

UNTOUCHED = 1  # the version of a row as it came; each change counts it up, a reset takes it back


@dataclass(frozen=True, slots=True)
class BuiltInRule:
    """A rule that Unity brings along; what it says here are the first values of its row."""

    key: str
    name: str
    domain: str
    severity: Severity
    definition: RuleDefinition
    title: str = ""
    over: str = ""
    message: str = ""
    fix: str = ""
    timing: Timing = field(default_factory=Timing)
    runbook: str = ""
    is_enabled: bool = True
    source: str = ""  # where its levels come from, for people


def rule_id(key: str) -> uuid.UUID:
    """Return the id of a built-in rule."""
    return uuid.uuid5(_NAMESPACE, key)


def rule_of(alert_type: AlertType) -> BuiltInRule:
    """Return the built-in rule of a condition that a domain reports."""
    return BuiltInRule(
        key=alert_type.kind,
        name=alert_type.about or alert_type.title.format(name="A resource", subject="a part"),
        domain=alert_type.domain,
        severity=alert_type.severity,
        definition=StateChange(alert_type=alert_type.kind),
        title=alert_type.title,
        over=alert_type.over,
        timing=Timing(
            for_seconds=alert_type.for_seconds,
            for_samples=alert_type.for_samples,
            clear_seconds=alert_type.clear_seconds,
        ),
        runbook=alert_type.runbook,
        source=alert_type.source,
    )


async def plant(session: AsyncSession, rules: Iterable[BuiltInRule], now: datetime) -> None:
    """Enter those that are missing; one that people have changed stays as it is."""
    rows = [
        {
            "id": rule_id(rule.key),
            "key": rule.key,
            "kind": rule.key,
            **values_of(rule),
            "version": UNTOUCHED,
            "created_at": now,
            "updated_at": now,
        }
        for rule in rules
    ]
    if rows:
        await insert_missing(session, AlertRule, rows)


def values_of(rule: BuiltInRule) -> dict[str, object]:
    """Return the columns of its row that people may change, as the rule comes."""
    return {
        "name": rule.name[:120],
        "domain": rule.domain,
        "severity": rule.severity,
        "title": rule.title,
        "over": rule.over,
        "message": rule.message,
        "fix": rule.fix,
        "definition": rule.definition.model_dump(mode="json"),
        "scope": Scope().model_dump(mode="json"),
        "overrides": [],
        **rule.timing.model_dump(),
        "runbook": rule.runbook,
        "is_enabled": rule.is_enabled,
    }
