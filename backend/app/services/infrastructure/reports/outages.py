"""When a server was away: from the changes of its status, as pure arithmetic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models.infrastructure.monitored_server import ServerStatus
from app.services.infrastructure.reports.model import Week

_AWAY = ServerStatus.OFFLINE.value
# Before the first answer and while somebody switched it off, nobody can say that it was away.
_NOT_COUNTED = frozenset({ServerStatus.UNKNOWN.value, ServerStatus.DISABLED.value})


@dataclass(frozen=True, slots=True)
class Change:
    """A status became another one."""

    at: datetime
    was: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without the server; `is_over` is false while it goes on."""

    began: datetime
    ended: datetime
    reason: str
    is_over: bool

    @property
    def length(self) -> timedelta:
        """How long."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Attendance:
    """One server in one week."""

    outages: Sequence[Outage]
    watched: timedelta

    @property
    def away(self) -> timedelta:
        """How long it was away in all."""
        return sum((one.length for one in self.outages), timedelta())

    @property
    def percent(self) -> float | None:
        """The share of the watched time that it was there; None when it was not watched."""
        if self.watched <= timedelta():
            return None
        return 100 * (1 - self.away / self.watched)


def attendance(
    week: Week, changes: Iterable[Change], status: str, since: datetime | None, reason: str
) -> Attendance:
    """Return how a server was, from the changes of the week in their order and its status now.

    The status before the first change is what that change says; without one it is the status now.
    """
    spans = _spans(week, [*changes], status, since, reason)
    outages = tuple(
        Outage(begin, end, why, is_over=end < week.ended)
        for begin, end, what, why in spans
        if what == _AWAY and end > begin
    )
    watched = sum((end - begin for begin, end, what, _ in spans if what not in _NOT_COUNTED), _NONE)
    return Attendance(outages, watched)


_NONE = timedelta()
_Span = tuple[datetime, datetime, str, str]


def _spans(
    week: Week, changes: Sequence[Change], status: str, since: datetime | None, reason: str
) -> list[_Span]:
    if not changes:
        begin = max(week.began, since) if since else week.began
        return [(min(begin, week.ended), week.ended, status, reason)]
    first = changes[0]
    spans = [(week.began, first.at, first.was, "")]
    ends = [*(one.at for one in changes[1:]), week.ended]
    for one, end in zip(changes, ends, strict=True):
        spans.append((one.at, end, one.status, one.reason))
    return spans
