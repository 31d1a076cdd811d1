"""The shape of a schedule: which job, when, with which jitter; and the mathematics of its times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.kernel.triggers import WEEKDAYS, Cron, Every, Trigger, cron_fields
from app.ports.job_engine import JobType

__all__ = ["Cron", "Every", "Job", "Times", "Trigger"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# How far back the newest fire time is looked for, nearest first: few steps at any density.
_LOOK_BACK = tuple(timedelta(minutes=minutes) for minutes in (10, 120, 1440, 44_640, 527_040))


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its schedule; None as the trigger means: only on demand.

    `id` is what people pause and change; it is also the name of the job type. A job that needs
    arguments is not listed among the schedules: only Unity itself can enqueue it.
    """

    type: JobType
    trigger: Trigger | None = None
    jitter: timedelta = field(default=timedelta(0))
    is_listed: bool = True

    @property
    def id(self) -> str:
        """The name of the schedule."""
        return self.type.name


class Times:
    """The fire times of a trigger."""

    def __init__(self, trigger: Trigger, zone: ZoneInfo) -> None:
        self._zone = zone
        self._math = _interval(trigger) if isinstance(trigger, Every) else _cron(trigger, zone)
        # As cron has it: a given hour that the end of summer time repeats counts once.
        self._skips_repeated = isinstance(trigger, Cron) and _names_hours(trigger)

    def after(self, moment: datetime) -> datetime | None:
        """Return the first fire time after `moment`, in UTC; None when there is none."""
        while True:
            # APScheduler counts `now` itself in, and knows microseconds.
            start = moment + timedelta(microseconds=1)
            found: datetime | None = self._math.get_next_fire_time(None, start)
            if found is None:
                return None
            moment = found.astimezone(UTC)
            if not (self._skips_repeated and moment.astimezone(self._zone).fold):
                return moment

    def newest(self, until: datetime) -> datetime | None:
        """Return the last fire time up to `until` within a year; None when there was none."""
        for span in _LOOK_BACK:
            moment = self.after(until - span)
            if moment is not None and moment <= until:
                break
        else:
            return None
        while (later := self.after(moment)) is not None and later <= until:
            moment = later
        return moment


def _names_hours(trigger: Cron) -> bool:
    """Tell whether the line names hours."""
    return cron_fields(trigger.line)[1] is not None


def _interval(trigger: Every) -> BaseTrigger:
    seconds = int(trigger.interval.total_seconds())
    return IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=UTC)


def _cron(trigger: Cron, zone: ZoneInfo) -> BaseTrigger:
    minute, hour, day, month, weekday = cron_fields(trigger.line)

    def at(days: frozenset[int] | None, weekdays: frozenset[int] | None) -> CronTrigger:
        # By name, because APScheduler counts weekdays from Monday and cron from Sunday.
        names = None if weekdays is None else ",".join(WEEKDAYS[one] for one in sorted(weekdays))
        return CronTrigger(
            minute=_listed(minute),
            hour=_listed(hour),
            day=_listed(days),
            month=_listed(month),
            day_of_week=names or "*",
            timezone=zone,
        )

    if day is not None and weekday is not None:
        both: Sequence[CronTrigger] = (at(day, None), at(None, weekday))
        return OrTrigger(both)
    return at(day, weekday)


def _listed(values: frozenset[int] | None) -> str:
    return "*" if values is None else ",".join(str(value) for value in sorted(values))
