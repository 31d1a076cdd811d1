"""Look: what one rule says of one subject of one resource at one time."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.kernel.text import in_command
from app.models.core.alert import Severity
from app.services.core.alerts.levels import Bounds, shown
from app.services.core.alerts.machine import Timings, Verdict
from app.services.core.alerts.rule_book import Rule
from app.services.core.metrics.series import Labels

# Two intervals and a little jitter; and never so short that a busy moment counts as a pause.
_GAP, _LEAST_GAP = 2.1, timedelta(minutes=1)
_WORDS_LIMIT, _TITLE_LIMIT = 1000, 300


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict with all that an alert would say about it.

    `message` and `fix` are complete; `lasts` says that it holds until the next look.
    """

    rule: Rule
    resource_id: uuid.UUID
    fingerprint: str
    subject: str
    verdict: Verdict
    at: datetime
    timings: Timings
    severity: Severity
    labels: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    unit: str = ""
    message: str = ""
    fix: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One rule on one series, made once. `sign` and `level` are those of its bounds.

    Where it `joins`, the series belongs to a part of a rule that looks at several.
    """

    rule: Rule
    series_id: int
    resource_id: uuid.UUID
    metric: str
    labels: Labels
    subject: str
    fingerprint: str
    unit: str
    bounds: Bounds
    timings: Timings
    severity: Severity
    sign: float
    level: float
    needs_history: bool = False
    joins: bool = False

    def look(self, verdict: Verdict, at: datetime, value: float | None, interval: int) -> Look:
        """Say what the newest sample means."""
        rule = self.rule
        gap = max(_LEAST_GAP, timedelta(seconds=_GAP * interval))
        timings = with_gap(self.timings, gap)
        return Look(
            rule=rule,
            resource_id=self.resource_id,
            fingerprint=self.fingerprint,
            subject=self.subject,
            verdict=verdict,
            at=at,
            timings=timings,
            severity=self.severity,
            labels=dict(self.labels),
            value=value,
            unit=self.unit,
            message=self._message(verdict, value),
            fix=fix_of(rule, self.subject) if verdict is Verdict.BREACH else "",
        )

    def _message(self, verdict: Verdict, value: float | None) -> str:
        if verdict is not Verdict.BREACH or value is None:
            return ""
        value_words, level = shown(value, self.unit), shown(self.bounds.raise_level, self.unit)
        if self.rule.message:
            return words(self.rule.message, subject=self.subject, value=value_words, level=level)
        where = f" of {self.subject}" if self.subject else ""
        return f"{self.metric}{where} is {value_words} ({self.bounds.operator} {level})."


# Forecasts come every quarter of an hour; a few may be lost.
FORECAST_GAP = timedelta(hours=3)


def with_gap(timings: Timings, gap: timedelta) -> Timings:
    """Return the timings of a rule on a series that comes at an interval."""
    return Timings(
        timings.fire_after,
        timings.least_samples,
        timings.clear_after,
        timings.cooldown,
        timings.flap_changes,
        timings.flap_window,
        gap,
    )


def words(text: str, **known: str) -> str:
    """Complete {name}, {subject} … in words that people may have written.

    Only these are replaced: `str.format` would let them reach into objects.
    """
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    return text[:_WORDS_LIMIT]


def fix_of(rule: Rule, subject: str) -> str:
    """Return what to do; the subject stands in commands there, so it is quoted for a shell."""
    return words(rule.fix, subject=in_command(subject))


def title_of(look_rule: Rule, name: str, subject: str) -> str:
    """Return the title of an alert that fires."""
    text = look_rule.title or ("{name}: {rule} ({subject})" if subject else "{name}: {rule}")
    return words(text, name=name, subject=subject, rule=look_rule.name)[:_TITLE_LIMIT]


def over_of(rule: Rule, name: str, subject: str) -> str:
    """Return the title of an alert that is over."""
    text = rule.over or (
        "{name}: {rule} ({subject}) is over" if subject else "{name}: {rule} is over"
    )
    return words(text, name=name, subject=subject, rule=rule.name)[:_TITLE_LIMIT]
