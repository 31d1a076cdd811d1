"""What a report says, before it is put into words: numbers for charts, and lines for lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

WEEK_DAYS = 7
# A mail of more lines is not read, and mail programs cut it off.
MOST_LINES = 10


class Tone(StrEnum):
    """How much something matters; the colour is never the only sign of it."""

    CRITICAL = "critical"
    WARNING = "warning"
    GOOD = "good"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days on the calendar of a zone, up to a moment."""

    began: datetime
    ended: datetime
    zone: tzinfo

    def days(self) -> list[date]:
        """Return the days that it touches: eight, unless it ends at midnight."""
        first = self.began.astimezone(self.zone).date()
        last = (self.ended - timedelta(microseconds=1)).astimezone(self.zone).date()
        return [first + timedelta(days=one) for one in range((last - first).days + 1)]

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment, on the calendar of the zone."""
        return moment.astimezone(self.zone).date()

    @property
    def length(self) -> timedelta:
        """How long it was; not always 168 hours."""
        return self.ended - self.began


def week_before(ended: datetime, zone: tzinfo) -> Week:
    """Return the seven days before a moment: from the same time on the wall a week ago."""
    local = ended.astimezone(zone)
    began = (local.replace(tzinfo=None) - timedelta(days=WEEK_DAYS)).replace(tzinfo=zone)
    return Week(began.astimezone(ended.tzinfo), ended, zone)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in a list. `percent` draws a bar; `path` is its page in Unity.

    `is_share` says that the percentage is itself worth reading: not where it only compares the
    lines of a list with each other.
    """

    what: str
    note: str
    where: str = ""
    tone: Tone = Tone.PLAIN
    percent: float | None = None
    path: str = ""
    is_share: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """One list; `calm` is said when there is nothing to tell."""

    key: str
    title: str
    calm: str
    lines: Sequence[Line] = ()
    total: int = 0
    remark: str = ""  # what the list does not know
    path: str = ""  # the page with all of them


def section(
    key: str, title: str, calm: str, lines: Sequence[Line], *, path: str = "", remark: str = ""
) -> Section:
    """Return a list of the first lines; the rest is counted."""
    return Section(key, title, calm, tuple(lines[:MOST_LINES]), len(lines), remark, path)


@dataclass(frozen=True, slots=True)
class DayCount:
    """The alerts that fired on one day, by severity."""

    day: date
    critical: int = 0
    warning: int = 0
    info: int = 0

    @property
    def total(self) -> int:
        """How many in all."""
        return self.critical + self.warning + self.info


@dataclass(frozen=True, slots=True)
class AlertWeek:
    """What fired and ended in the week, and in the one before it."""

    days: Sequence[DayCount] = ()
    fired_before: int = 0
    resolved: int = 0
    still: int = 0  # what is wrong now

    @property
    def fired(self) -> int:
        """How many fired in the week."""
        return sum(day.total for day in self.days)


@dataclass(frozen=True, slots=True)
class Health:
    """All that a report says."""

    name: str
    group: str  # empty: everything
    week: Week
    alerts: AlertWeek
    servers: Mapping[str, int] = field(default_factory=dict)  # how many by status
    drives: Mapping[str, int] = field(default_factory=dict)  # how many by verdict
    sections: Sequence[Section] = ()

    @property
    def server_count(self) -> int:
        """How many servers it is about."""
        return sum(self.servers.values())

    def counts(self) -> dict[str, int]:
        """Return the few numbers that lists of reports show."""
        return {
            "servers": self.server_count,
            "fired": self.alerts.fired,
            "resolved": self.alerts.resolved,
            "still": self.alerts.still,
            **{one.key: one.total for one in self.sections},
        }
