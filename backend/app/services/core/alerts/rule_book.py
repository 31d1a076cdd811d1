"""The rules as the engine uses them: read once, and read again when one has changed."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.logging import get_logger
from app.models.core.alert import Severity
from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import (
    Absence,
    Aggregation,
    Composite,
    Forecast,
    Override,
    RuleDefinition,
    Scope,
    StateChange,
    Threshold,
    metrics_of,
)
from app.services.core.alerts.machine import Timings

_DEFINITION: TypeAdapter[RuleDefinition] = TypeAdapter(RuleDefinition)
_OVERRIDES: TypeAdapter[list[Override]] = TypeAdapter(list[Override])
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An enabled rule, read from its row."""

    id: uuid.UUID
    name: str
    kind: str
    domain: str
    severity: Severity
    title: str
    over: str
    message: str
    fix: str
    runbook: str
    definition: RuleDefinition
    scope: Scope
    overrides: tuple[Override, ...]
    timings: Timings


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All enabled rules, by what they look at. A metric that is not in `metrics` costs nothing.

    `broken` names the enabled rules that cannot be read, and why.
    """

    rules: Mapping[uuid.UUID, Rule] = field(default_factory=dict)
    by_metric: Mapping[str, Sequence[Rule]] = field(default_factory=dict)  # of single series
    composites: Mapping[str, Sequence[Rule]] = field(default_factory=dict)  # by each metric
    states: Mapping[str, Sequence[Rule]] = field(default_factory=dict)  # by the alert type
    absences: Sequence[Rule] = ()
    forecasts: Sequence[Rule] = ()
    broken: Mapping[uuid.UUID, str] = field(default_factory=dict)
    disabled: Collection[uuid.UUID] = ()
    metrics: Collection[str] = ()  # of single series and of composites


class RuleShelf:
    """Keeps the book of this process; it is read again when any rule was changed anywhere."""

    def __init__(self) -> None:
        self._book = RuleBook()
        self._mark: object = None

    async def book(self, session: AsyncSession) -> RuleBook:
        """Return the rules as they are in this transaction: one small statement, mostly."""
        found = await session.execute(
            select(func.count(), func.sum(AlertRule.version), func.max(AlertRule.updated_at))
        )
        mark = tuple(found.one())
        if mark != self._mark:
            self._book = make_book((await session.scalars(select(AlertRule))).all())
            self._mark = mark
        return self._book


def make_book(rows: Iterable[AlertRule]) -> RuleBook:
    """Sort the enabled rules by what they look at."""
    rules: dict[uuid.UUID, Rule] = {}
    broken: dict[uuid.UUID, str] = {}
    disabled: set[uuid.UUID] = set()
    by_metric: dict[str, list[Rule]] = defaultdict(list)
    composites: dict[str, list[Rule]] = defaultdict(list)
    states: dict[str, list[Rule]] = defaultdict(list)
    for row in rows:
        if not row.is_enabled:
            disabled.add(row.id)
            continue
        try:
            rule = rules[row.id] = read_rule(row)
        except ValidationError as error:
            broken[row.id] = error.errors()[0]["msg"]
            log.warning("alert_rule_unreadable", rule_id=str(row.id), why=broken[row.id])
            continue
        match rule.definition:
            case StateChange(alert_type=kind):
                states[kind].append(rule)
            case Composite():
                for metric in metrics_of(rule.definition):
                    composites[metric].append(rule)
            case Forecast():
                pass
            case definition:
                by_metric[definition.metric].append(rule)
    return RuleBook(
        rules=rules,
        by_metric=by_metric,
        composites=composites,
        states=states,
        absences=[one for one in rules.values() if isinstance(one.definition, Absence)],
        forecasts=[one for one in rules.values() if isinstance(one.definition, Forecast)],
        broken=broken,
        disabled=disabled,
        metrics=frozenset(by_metric) | frozenset(composites),
    )


def read_rule(row: AlertRule) -> Rule:
    """Return the rule of a row; raises pydantic's error when its JSON cannot be read."""
    return Rule(
        id=row.id,
        name=row.name,
        kind=row.kind,
        domain=row.domain,
        severity=Severity(row.severity),
        title=row.title,
        over=row.over,
        message=row.message,
        fix=row.fix,
        runbook=row.runbook,
        definition=_DEFINITION.validate_python(row.definition),
        scope=Scope.model_validate(row.scope),
        overrides=tuple(_OVERRIDES.validate_python(row.overrides)),
        timings=Timings(
            fire_after=timedelta(seconds=row.for_seconds),
            least_samples=row.for_samples,
            clear_after=timedelta(seconds=row.clear_seconds),
            cooldown=timedelta(seconds=row.cooldown_seconds),
            flap_changes=row.flap_changes,
            flap_window=timedelta(seconds=row.flap_seconds),
        ),
    )


def needs_history(definition: RuleDefinition) -> bool:
    """Tell whether the newest sample alone says too little."""
    if isinstance(definition, Threshold):
        return definition.aggregation is not Aggregation.LAST
    return definition.type == "rate_of_change"
