"""Which alerts a silence, a window or a route means: plain comparisons, or * and ?."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import Match
from app.schemas.core.silence import Matcher, MatchField


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that can be said of an alert from outside, with the names that people know."""

    alert_id: uuid.UUID
    rule_id: uuid.UUID | None
    kind: str
    domain: str
    severity: Severity
    subject: str
    resource_id: uuid.UUID
    resource: str
    server: str  # the name of the server that the resource belongs to, or its own
    rule: str = ""
    tags: Sequence[str] = ()  # of the resource and of its server
    groups: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def fits(matchers: Sequence[Matcher], alert: AlertFacts) -> bool:
    """Tell whether an alert fits all matchers; without any, everything does."""
    return all(_holds(matcher, alert) for matcher in matchers)


def _holds(matcher: Matcher, alert: AlertFacts) -> bool:
    is_pattern = matcher.match in (Match.LIKE, Match.NOT_LIKE)
    found = any(
        like(value, text) if is_pattern else value.casefold() == text.casefold()
        for value in matcher.values
        for text in _texts(matcher, alert)
    )
    return found if matcher.match in (Match.IS, Match.LIKE) else not found


def _texts(matcher: Matcher, alert: AlertFacts) -> Sequence[str]:
    """Return the texts of a field: an alert has several tags, and an empty text for no label."""
    match matcher.field:
        case MatchField.TAG:
            return alert.tags
        case MatchField.GROUP:
            return alert.groups
        case MatchField.LABEL:
            return [alert.labels.get(matcher.label, "")]
        case _:
            return [_text(matcher.field, alert)]


def _text(field_name: MatchField, alert: AlertFacts) -> str:
    texts = {
        MatchField.ALERT: str(alert.alert_id),
        MatchField.SERVER: alert.server,
        MatchField.RESOURCE: alert.resource,
        MatchField.TYPE: alert.kind,
        MatchField.DOMAIN: alert.domain,
        MatchField.SEVERITY: alert.severity,
        MatchField.RULE: alert.rule,
        MatchField.SUBJECT: alert.subject,
    }
    return texts[field_name]


def like(pattern: str, text: str) -> bool:
    """Compare with * for any text and ? for one character, whatever the case.

    It goes back to the last * only, so that no pattern takes longer than text times pattern.
    """
    pattern, text = pattern.casefold(), text.casefold()
    place, star, resume = 0, -1, 0
    here = 0
    while here < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, resume = place, here
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[here]):
            place += 1
            here += 1
        elif star >= 0:
            resume += 1
            place, here = star + 1, resume
        else:
            return False
    return all(one == "*" for one in pattern[place:])
