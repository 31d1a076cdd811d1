"""Between a rule's row, what people write of it, and how a built-in one came."""

import re
from datetime import datetime

from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import Scope, Timing
from app.schemas.core.alert_rule_api import RuleWrite
from app.services.core.alerts.builtin import BuiltInRule

PLAIN = (
    *("name", "severity", "domain", "title", "over", "message", "fix", "runbook", "is_enabled"),
    *Timing.model_fields,
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def apply(row: AlertRule, wish: RuleWrite, now: datetime) -> None:
    """Write a wish into a row; the version tells all processes to read the rules again."""
    for name in PLAIN:
        setattr(row, name, getattr(wish, name))
    row.definition = wish.definition.model_dump(mode="json")
    row.scope = wish.scope.model_dump(mode="json")
    row.overrides = [one.model_dump(mode="json") for one in wish.overrides]
    row.version += 1
    row.updated_at = now


def told(row: AlertRule) -> RuleWrite:
    """Return a row as people write it."""
    return RuleWrite.model_validate(
        {
            **{name: getattr(row, name) for name in PLAIN},
            "definition": row.definition,
            "scope": row.scope,
            "overrides": row.overrides,
        }
    )


def first_values(rule: BuiltInRule) -> RuleWrite:
    """Return how a built-in rule came."""
    return RuleWrite.model_validate(
        {
            **rule.timing.model_dump(),
            "name": rule.name[:120],
            "severity": rule.severity,
            "domain": rule.domain,
            "definition": rule.definition.model_dump(mode="json"),
            "scope": Scope().model_dump(mode="json"),
            "overrides": [],
            "title": rule.title,
            "over": rule.over,
            "message": rule.message,
            "fix": rule.fix,
            "runbook": rule.runbook,
            "is_enabled": rule.is_enabled,
        }
    )


def is_changed(row: AlertRule, first: BuiltInRule) -> bool:
    """Tell whether people have changed a built-in rule."""
    return told(row) != first_values(first)


def kind_for(name: str) -> str:
    """Return the kind of the alerts of a rule that people made, from its name."""
    return (_NOT_WORD.sub("_", name.lower()).strip("_") or "rule")[:60]
