"""Comparing: a value with the levels of a rule, labels with its matchers, units with each other."""

import hashlib
import math
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase

from app.kernel.text import size_words
from app.schemas.core.alert_rule import LabelMatcher, Levels, Match, Operator, Override
from app.services.core.alerts.machine import Timings, Verdict
from app.services.core.metrics.series import Labels, canonical

_UPPER = (Operator.ABOVE, Operator.AT_LEAST)
_EXACT = (Operator.EQUAL, Operator.NOT_EQUAL)
# The label that people know a series by, in the order of preference.
_TELLING = ("mountpoint", "device", "interface", "pool", "database", "unit", "name", "sensor", "id")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Levels, ready to be compared. A value breaches when `sign * value > level`.

    Where one comparison cannot tell, `sign` is 0 and `level` -1: then every value is looked at.
    """

    operator: Operator
    raise_level: float
    clear_level: float | None
    sign: float
    level: float

    def judge(self, value: float | None) -> Verdict:
        """Say where a value lies; what is no finite number says nothing."""
        if value is None or not math.isfinite(value):
            return Verdict.UNKNOWN
        if self.sign == 0:
            is_equal = value == self.raise_level
            return (
                Verdict.BREACH if is_equal == (self.operator is Operator.EQUAL) else Verdict.CLEAR
            )
        if self.sign * value > self.level:
            return Verdict.BREACH
        if self.clear_level is None or self.sign * value < self.sign * self.clear_level:
            return Verdict.CLEAR
        return Verdict.BETWEEN


def bounds_of(levels: Levels, override: Override | None = None) -> Bounds:
    """Return the bounds of levels, with what an override has instead."""
    raised, clear = levels.raise_level, levels.clear_level
    if override is not None and override.raise_level is not None:
        # The old level to clear at belongs to the old level; it may lie on the wrong side now.
        raised, clear = override.raise_level, override.clear_level
    elif override is not None and override.clear_level is not None:
        clear = override.clear_level
    if levels.operator in _EXACT:
        return Bounds(levels.operator, raised, None, 0.0, -1.0)
    sign = 1.0 if levels.operator in _UPPER else -1.0
    level = sign * raised
    if levels.operator in (Operator.AT_LEAST, Operator.AT_MOST):
        level = math.nextafter(level, -math.inf)
    return Bounds(levels.operator, raised, clear, sign, level)


def fits(matchers: Sequence[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Tell whether labels fit all matchers; a label that is missing is an empty text."""
    return all(_fits(one, labels.get(one.label, "")) for one in matchers)


def _fits(matcher: LabelMatcher, value: str) -> bool:
    match matcher.match:
        case Match.IS:
            return value == matcher.value
        case Match.IS_NOT:
            return value != matcher.value
        case Match.LIKE:
            return fnmatchcase(value, matcher.value)
        case Match.NOT_LIKE:
            return not fnmatchcase(value, matcher.value)


def override_for(
    overrides: Sequence[Override], labels: Mapping[str, str], own: Collection[uuid.UUID]
) -> Override | None:
    """Return the first override that fits a series; `own` is its resource, and the server of it."""
    for one in overrides:
        is_there = not one.servers or any(each in one.servers for each in own)
        if is_there and fits(one.labels, labels):
            return one
    return None


def patience_of(timings: Timings, override: Override | None) -> Timings:
    """Return timings, with the time that an override waits instead."""
    if override is None or override.for_seconds is None:
        return timings
    return replace(timings, fire_after=timedelta(seconds=override.for_seconds))


def subject_of(labels: Mapping[str, str]) -> str:
    """Return the words by which people know a series: a mount point, a device, or all labels."""
    for name in _TELLING:
        if labels.get(name):
            return labels[name][:500]
    if len(labels) == 1:
        return next(iter(labels.values()))[:500]
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))[:500]


def fingerprint(rule_id: uuid.UUID, resource_id: uuid.UUID, part: Labels | str) -> str:
    """Name a rule on one subject or one set of labels of one resource, the same for ever."""
    which = part if isinstance(part, str) else canonical(part)
    text = f"{rule_id.hex}|{resource_id.hex}|{which}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def shown(value: float, unit: str) -> str:
    """Write a value for people."""
    number = f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits either way
    match unit:
        case "":
            return number
        case "percent":
            return f"{value:.0f} %" if abs(value) >= 10 else f"{number} %"  # noqa: PLR2004 - two digits
        case "celsius":
            return f"{number} °C"
        case "bytes":
            return size_words(value)
        case "s":
            return f"{number} s"
        case _:
            return f"{number} {unit}"
