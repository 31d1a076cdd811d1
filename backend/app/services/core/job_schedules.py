"""The schedules as the clock uses them: what is set for each job, and how far it has fired."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.job_run import JobRun, JobState
from app.models.core.job_schedule import JobSchedule
from app.ports.job_engine import JobType
from app.services.core.job_runs import JobRuns

CLOCK = "schedule"  # who requested a run that the clock enqueued


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """A job as the code has it; the trigger is a text of `kernel.triggers`, or empty."""

    name: str
    title: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is set now."""

    id: uuid.UUID
    name: str
    trigger: str
    is_paused: bool
    settled_until: datetime | None
    next_fire_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fire:
    """One tick of a schedule."""

    at: datetime
    run_at: datetime  # later than `at` by the jitter
    next_at: datetime | None


class JobSchedules:
    """The table of the schedules, in the caller's transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def sync(self, entries: Sequence[ScheduleEntry]) -> None:
        """Make the table tell of exactly these jobs; what people changed is kept."""
        known: Mapping[str, JobSchedule] = {
            row.name: row for row in await self._session.scalars(select(JobSchedule))
        }
        for entry in entries:
            row = known.get(entry.name)
            if row is None:
                await self._add(entry)
                continue
            row.title = entry.title
            if row.default_trigger != entry.trigger:
                row.default_trigger = entry.trigger
                row.next_fire_at = None
        names = [entry.name for entry in entries]
        await self._session.execute(delete(JobSchedule).where(JobSchedule.name.not_in(names)))

    async def _add(self, entry: ScheduleEntry) -> None:
        row = JobSchedule(
            name=entry.name, title=entry.title, default_trigger=entry.trigger, is_paused=False
        )
        try:
            async with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            # Another process, started at the same moment, was faster.
            self._session.expunge_all()

    async def load(self) -> list[Schedule]:
        """Return all schedules."""
        rows = await self._session.scalars(select(JobSchedule).order_by(JobSchedule.name))
        return [
            Schedule(
                id=row.id,
                name=row.name,
                trigger=row.trigger_override or row.default_trigger,
                is_paused=row.is_paused,
                settled_until=row.settled_until,
                next_fire_at=row.next_fire_at,
            )
            for row in rows
        ]

    async def fire(self, schedule: Schedule, kind: JobType, fire: Fire) -> bool:
        """Enqueue one fire; False when another clock did, or the schedule was changed meanwhile.

        A run of the clock that still waits stands for this fire too: a job that takes longer than
        its interval does not pile up.
        """
        settled = {"settled_until": fire.at, "next_fire_at": fire.next_at}
        if not await self._swap(schedule, {**settled, "last_fired_at": self._clock.now()}):
            return False
        waits = exists().where(
            JobRun.name == kind.name,
            JobRun.state == JobState.QUEUED,
            JobRun.requested_by == CLOCK,
            JobRun.attempt == 0,
        )
        if await self._session.scalar(select(waits)):
            return False
        enqueued = await JobRuns(self._session, self._clock).add(
            kind,
            key=f"{kind.name}@{fire.at.isoformat()}",
            run_at=fire.run_at,
            requested_by=CLOCK,
        )
        return enqueued.is_new

    async def expect(self, schedule: Schedule, next_at: datetime | None) -> bool:
        """Note when the schedule fires next; None: not at all."""
        return await self._swap(schedule, {"next_fire_at": next_at})

    async def begin(self, schedule: Schedule, next_at: datetime | None) -> bool:
        """Note that a new schedule counts from now on: what was before was not missed."""
        now = self._clock.now()
        return await self._swap(schedule, {"settled_until": now, "next_fire_at": next_at})

    async def _swap(self, seen: Schedule, values: Mapping[str, datetime | None]) -> bool:
        statement = (
            update(JobSchedule)
            .where(
                JobSchedule.id == seen.id,
                JobSchedule.settled_until.is_not_distinct_from(seen.settled_until),
                JobSchedule.is_paused == seen.is_paused,
            )
            .values(**values)
        )
        options = {"synchronize_session": False}
        result = await self._session.execute(statement, execution_options=options)
        return isinstance(result, CursorResult) and result.rowcount == 1
