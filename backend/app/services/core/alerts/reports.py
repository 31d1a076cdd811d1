"""From what domains report to looks: what a report leaves out is over."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from app.services.core.alerts.instances import Kept
from app.services.core.alerts.levels import fingerprint
from app.services.core.alerts.looks import Look
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.rule_book import Rule, RuleBook
from app.services.core.alerts.types import AlertType, Condition, Observation


def unknown_types(observations: Sequence[Observation], book: RuleBook) -> list[AlertType]:
    """Return the types that have something to say, and no rule yet."""
    found = {
        each: None
        for seen in observations
        for each, conditions in seen.conditions.items()
        if conditions and each.kind not in book.states
    }
    return list(found)


def looks_of(
    observations: Sequence[Observation],
    book: RuleBook,
    opened: Mapping[str, Kept],
    now: datetime,
) -> Iterator[Look]:
    """Yield what the reports say, for each rule about their types."""
    by_place: dict[tuple[object, object], list[Kept]] = {}
    for kept in opened.values():
        by_place.setdefault((kept.rule_id, kept.resource_id), []).append(kept)
    for seen in observations:
        for alert_type, conditions in seen.conditions.items():
            for rule in book.states.get(alert_type.kind, ()):
                known = by_place.get((rule.id, seen.resource_id), ())
                yield from _looks(rule, seen, conditions, known, now)


def _looks(
    rule: Rule,
    seen: Observation,
    conditions: Sequence[Condition],
    known: Sequence[Kept],
    now: datetime,
) -> Iterator[Look]:
    over = {kept.fingerprint: kept for kept in known}
    for condition in conditions:
        look = _look(rule, seen, condition, now)
        is_known = over.pop(look.fingerprint, None) is not None
        if is_known or look.verdict is Verdict.BREACH:
            yield look
    for kept in over.values():
        yield calm(rule, kept, now)


def _look(rule: Rule, seen: Observation, condition: Condition, now: datetime) -> Look:
    return Look(
        rule=rule,
        resource_id=seen.resource_id,
        fingerprint=fingerprint(rule.id, seen.resource_id, condition.subject),
        subject=condition.subject[:500],
        verdict=Verdict.BETWEEN if condition.only_keeps else Verdict.BREACH,
        at=now,
        timings=rule.timings,
        severity=condition.severity or rule.severity,
        labels=dict(condition.labels),
        value=condition.value,
        unit=condition.unit,
        message=condition.message,
        fix=condition.fix,
        reasons=condition.reasons,
    )


def calm(rule: Rule, kept: Kept, at: datetime, verdict: Verdict = Verdict.CLEAR) -> Look:
    """Return the look that something which is remembered is not so any more."""
    return Look(
        rule=rule,
        resource_id=kept.resource_id,
        fingerprint=kept.fingerprint,
        subject=kept.subject,
        verdict=verdict,
        at=at,
        timings=rule.timings,
        severity=rule.severity,
        labels=kept.labels,
    )
