"""Which archives stay: the newest, and the newest of each of some days, weeks and months."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_DAY, _WEEK, _MONTH = "%Y-%m-%d", "%G-W%V", "%Y-%m"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many of each. At least one of the newest always stays."""

    last: int
    daily: int
    weekly: int
    monthly: int


def kept(archives: Mapping[str, datetime], rule: Retention, zone: ZoneInfo) -> frozenset[str]:
    """Return the names that stay. Days without a backup do not use up the number."""
    newest_first = sorted(archives, key=lambda name: (archives[name], name), reverse=True)
    stay = set(newest_first[: max(rule.last, 1)])
    for count, period in ((rule.daily, _DAY), (rule.weekly, _WEEK), (rule.monthly, _MONTH)):
        seen: set[str] = set()
        for name in newest_first:
            which = archives[name].astimezone(zone).strftime(period)
            if which not in seen and len(seen) < count:
                seen.add(which)
                stay.add(name)
    return frozenset(stay)
