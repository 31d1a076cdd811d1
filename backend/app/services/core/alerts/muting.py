"""Why nobody is told of an alert: one pure question over all that can keep it quiet.

What comes first here is what people read: a cause explains more than a window, and a window that
somebody planned more than a silence that somebody set.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.models.core.alert import Severity
from app.schemas.core.silence import Matcher
from app.services.core.alerts.causes import HOLD, Cause, CauseState, find_cause, is_held
from app.services.core.alerts.matchers import AlertFacts, fits
from app.services.core.alerts.quieting import Quiet
from app.services.core.alerts.windows import Schedule, open_span

_WORDS = 300


@dataclass(frozen=True, slots=True)
class Subject:
    """An open alert with all that decides whether it is told."""

    facts: AlertFacts
    fired_at: datetime
    snoozed_until: datetime | None = None
    rule_muted_until: datetime | None = None
    maintenance_until: datetime | None = None  # the latest of the resource and what it hangs on
    maintenance_of: str = ""  # the name of that resource
    above: frozenset[uuid.UUID] = frozenset()  # what the resource hangs on, all the way up
    may_be_consequence: bool = False  # it can be seen although its server is already gone


@dataclass(frozen=True, slots=True)
class Silenced:
    """A silence, as far as it matters here."""

    id: uuid.UUID
    matchers: Sequence[Matcher]
    reason: str
    author: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Windowed:
    """A maintenance window, as far as it matters here."""

    id: uuid.UUID
    name: str
    matchers: Sequence[Matcher]
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class QuietBook:
    """All that may keep alerts quiet at one time."""

    silences: Sequence[Silenced] = ()
    windows: Sequence[Windowed] = ()
    causes: Mapping[uuid.UUID, Sequence[Cause]] = field(default_factory=dict)  # by resource


def muted_by(alert: Subject, book: QuietBook, now: datetime) -> Quiet | None:
    """Return why nobody is told of an alert now, or None when it is told."""
    cause = find_cause(alert.facts, alert.above, alert.fired_at, book.causes, now)
    if cause is not None:
        return Quiet(_cause_words(cause), cause.alert_id)
    said = (
        _maintenance(alert, now)
        or _window(alert, book, now)
        or _silence(alert, book, now)
        or _own(alert, now)
    )
    if said:
        return Quiet(said[:_WORDS])
    return _waiting(alert, book, now)


def _cause_words(cause: Cause) -> str:
    if cause.state is CauseState.OVER:
        return f"It began with: {cause.title} That is over; this is told if it stays."[:_WORDS]
    return f"It follows from: {cause.title}"[:_WORDS]


def _maintenance(alert: Subject, now: datetime) -> str:
    until = alert.maintenance_until
    if until is None or until <= now:
        return ""
    return f"{alert.maintenance_of} is in maintenance."


def _window(alert: Subject, book: QuietBook, now: datetime) -> str:
    for window in book.windows:
        if fits(window.matchers, alert.facts) and open_span(window.schedule, now) is not None:
            return f"Maintenance window: {window.name}"
    return ""


def _silence(alert: Subject, book: QuietBook, now: datetime) -> str:
    for silence in book.silences:
        if silence.starts_at <= now < silence.ends_at and fits(silence.matchers, alert.facts):
            return f"Silenced by {silence.author}: {silence.reason}"
    return ""


def _own(alert: Subject, now: datetime) -> str:
    if alert.rule_muted_until is not None and alert.rule_muted_until > now:
        return "Its rule is muted."
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return "It is snoozed."
    return ""


def _waiting(alert: Subject, book: QuietBook, now: datetime) -> Quiet | None:
    """Hold back what may turn out to be the consequence of something that is seen a bit later."""
    if alert.facts.severity is Severity.CRITICAL:
        return None
    if is_held(alert.facts, alert.above, alert.fired_at, book.causes, now):
        return Quiet("Something that it hangs on may be failing; that is settled first.")
    if alert.may_be_consequence and now < alert.fired_at + HOLD:
        return Quiet("A moment is waited for what may be behind it.")
    return None
