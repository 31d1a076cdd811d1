"""The shape of a schedule: which job, when, with which jitter."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.ports.job_engine import JobType


@dataclass(frozen=True, slots=True)
class Every:
    """At a fixed interval, counted from the epoch, so that all processes agree on the ticks."""

    interval: timedelta


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a five-field crontab line, in the zone of the settings."""

    line: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its schedule; None as the trigger means: only on demand.

    `id` is what people pause and change; it is also the name of the job type.
    """

    type: JobType
    trigger: Every | Cron | None = None
    jitter: timedelta = field(default=timedelta(0))

    @property
    def id(self) -> str:
        """The name of the schedule."""
        return self.type.name
