"""Runs the jobs and their clock: log context, the one broad except, fires, leadership."""

import asyncio
import traceback
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.kernel import context
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import JsonValue, UnityError
from app.kernel.logging import clean_text, get_logger
from app.kernel.text import printable
from app.kernel.triggers import TriggerNotValid, parse
from app.ports.job_engine import JobCancelled, JobContext, JobEngine, JobFailed, JobType
from app.ports.live_bus import LiveBus
from app.schedulers.jobs import Every, Job, Times
from app.services.core.job_execution import JobExecutor
from app.services.core.job_schedules import Fire, JobSchedules, Schedule, ScheduleEntry
from app.services.core.leadership import Leadership
from app.services.core.platform import Platform

log = get_logger(__name__)

TOPIC = "schedule"  # the live bus tells that somebody changed a schedule
LOOK_SECONDS = 3.0  # how often the schedules are read when nobody tells
_SET_BACK = timedelta(minutes=1)

JobResult = Mapping[str, JsonValue]


def guarded(kind: JobType) -> JobType:
    """Return the job with log context, and with every error turned into a `JobFailed`.

    Whatever a handler does, the engine, the clock and the other jobs go on.
    """

    async def run(job: JobContext) -> JobResult | None:
        mark = context.job_run_id.set(str(job.run_id))
        try:
            return await kind.run(job)
        except (JobCancelled, JobFailed):
            raise
        except UnityError as error:
            log.warning("job_failed", job=kind.name, error=error.detail)
            raise JobFailed(paragraph(f"{error.detail} {error.fix}")) from error
        except Exception as error:
            log.exception("job_broke", job=kind.name)
            raise JobFailed(_described(error)) from error
        finally:
            context.job_run_id.reset(mark)

    return replace(kind, run=run)


def paragraph(text: str) -> str:
    """Return the text fit for the history: one line, no secrets, not too long."""
    return printable(clean_text(text)).strip()[:1000]


def _described(error: Exception) -> str:
    """Name an error nobody foresaw and its place. Its text may hold anything, secrets included."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    name = type(error).__name__
    return f"It stopped on an unexpected error ({name}{place}); the log of this run tells more."


@dataclass(frozen=True, slots=True)
class _Timed:
    """A schedule's trigger and its mathematics; made anew when the text changes."""

    text: str
    times: Times
    starts_at_once: bool


class JobClock:
    """Enqueues each job when it is due: in one process at a time, each fire once.

    A fire that was missed (the machine slept, Unity was down) is caught up once, as the newest.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        database: Database,
        clock: Clock,
        engine: JobEngine,
        *,
        live: LiveBus,
        zone: ZoneInfo,
    ) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._database = database
        self._clock = clock
        self._engine = engine
        self._live = live
        self._zone = zone
        self._leadership = Leadership(database)
        self._timed: dict[str, _Timed] = {}
        self._is_synced = False

    async def run(self) -> None:
        """Keep the time until cancelled."""
        try:
            async with self._live.subscribe({TOPIC}) as changes:
                while True:
                    wait = await self._tick_safely()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await anext(changes)
        finally:
            await self._leadership.release()

    async def _tick_safely(self) -> float:
        try:
            return await self.tick()
        except Exception:
            log.exception("clock_broke")
            return LOOK_SECONDS

    async def tick(self) -> float:
        """Fire what is due; return the seconds until there is something to do again."""
        if not await self._leadership.holds():
            self._is_synced = False
            return LOOK_SECONDS
        if not self._is_synced:
            await self._sync()
        async with self._database.snapshot() as session:
            schedules = await JobSchedules(session, self._clock).load()
        now = self._clock.now()
        wait = LOOK_SECONDS
        for schedule in schedules:
            try:
                next_at = await self._consider(schedule, now)
            except TriggerNotValid as error:  # written by another version; the others go on
                log.warning("schedule_not_valid", job=schedule.name, error=error.detail)
                continue
            if next_at is not None:
                wait = min(wait, max((next_at - now).total_seconds(), 0.0))
        return wait

    async def _sync(self) -> None:
        entries = [
            ScheduleEntry(job.id, job.type.title, str(job.trigger or ""))
            for job in self._jobs.values()
        ]
        async with self._database.transaction() as session:
            await JobSchedules(session, self._clock).sync(entries)
        self._is_synced = True

    async def _consider(self, schedule: Schedule, now: datetime) -> datetime | None:
        """Fire the schedule when it is due; return when it is next."""
        job = self._jobs.get(schedule.name)
        if job is None or schedule.is_paused or not schedule.trigger:
            await self._expect(schedule, None)
            return None
        timed = self._math(schedule)
        next_at = timed.times.after(now)
        if schedule.next_fire_at == next_at:
            return next_at
        due = self._due(schedule, timed, now)
        if due is None:
            await self._expect(schedule, next_at)
            return next_at
        run_at = due + _jitter(schedule, job, due)
        async with self._database.transaction() as session:
            schedules = JobSchedules(session, self._clock)
            was_fired = await schedules.fire(schedule, job.type, Fire(due, run_at, next_at))
        if was_fired:
            await self._engine.nudge()
        return next_at

    def _due(self, schedule: Schedule, timed: _Timed, now: datetime) -> datetime | None:
        """Return the newest fire time that is not settled yet."""
        newest = timed.times.newest(now)
        settled = schedule.settled_until
        if settled is None:
            # A new job: intervals begin at once, times of the day are waited for.
            return newest if timed.starts_at_once else None
        return newest if newest is not None and newest > settled else None

    async def _expect(self, schedule: Schedule, next_at: datetime | None) -> None:
        settled = schedule.settled_until
        # In the future nothing can be settled: then the machine's clock was set back.
        starts = settled is None or settled > self._clock.now() + _SET_BACK
        if schedule.next_fire_at == next_at and not starts:
            return
        async with self._database.transaction() as session:
            schedules = JobSchedules(session, self._clock)
            if starts:
                await schedules.begin(schedule, next_at)
            else:
                await schedules.expect(schedule, next_at)

    def _math(self, schedule: Schedule) -> _Timed:
        known = self._timed.get(schedule.name)
        if known is None or known.text != schedule.trigger:
            trigger = parse(schedule.trigger)
            known = _Timed(schedule.trigger, Times(trigger, self._zone), isinstance(trigger, Every))
            self._timed[schedule.name] = known
        return known


def _jitter(schedule: Schedule, job: Job, due: datetime) -> timedelta:
    """Return a delay below the job's jitter: the same for every clock, but not every Unity."""
    drawn = zlib.crc32(f"{schedule.id} {due.isoformat()}".encode()) / 2**32
    return job.jitter * drawn


class JobRuntime:
    """The worker and the clock of this process."""

    def __init__(
        self, platform: Platform, executor: JobExecutor, jobs: Sequence[Job], zone: ZoneInfo
    ) -> None:
        executor.learn([guarded(job.type) for job in jobs])
        self._engine = platform.jobs
        self._clock = JobClock(
            [job for job in jobs if job.is_listed],
            platform.database,
            platform.clock,
            platform.jobs,
            live=platform.live,
            zone=zone,
        )

    async def serve(self) -> None:
        """Put back what a dead process left, then run jobs until cancelled."""
        await self._engine.recover()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._engine.work())
            group.create_task(self._clock.run())
