"""Jobs as people see them: the schedules to pause, change and run, and the runs to follow."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, NotFound
from app.kernel.triggers import parse
from app.models.core.job_run import JobRun, JobState
from app.models.core.job_schedule import JobSchedule
from app.ports.job_engine import JobType
from app.schemas.base import Page, PageQuery
from app.schemas.core.job import JobRead, JobRunQuery, JobRunRead
from app.services.core.announcements import Announcement
from app.services.core.audit import AuditLog
from app.services.core.events import JobPaused, JobResumed, SettingsChanged
from app.services.core.job_runs import JobRuns
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, P
from app.services.core.queries import contains, sorted_by

_RUN_COLUMNS = {
    "name": JobRun.name,
    "state": JobRun.state,
    "enqueued_at": JobRun.enqueued_at,
    "started_at": JobRun.started_at,
    "finished_at": JobRun.finished_at,
}
_JOB_COLUMNS = {
    "name": JobSchedule.name,
    "title": JobSchedule.title,
    "next_fire_at": JobSchedule.next_fire_at,
    "last_fired_at": JobSchedule.last_fired_at,
}


class JobNotFound(NotFound):
    """No job of this name."""


class JobRunNotFound(NotFound):
    """No run of this id, or its history was dropped."""


class JobRunEnded(Conflict):
    """The run has ended before it could be cancelled."""


class JobService:
    """Schedules and runs, in one transaction with the audit entry of each change.

    After the commit of a change, call `JobEngine.nudge` and tell the live bus, so that it counts
    at once; without that it counts a few seconds later.
    """

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, types: Mapping[str, JobType]
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._types = types

    async def list_jobs(self, query: PageQuery) -> Page[JobRead]:
        """Return a page of the schedules, by title unless asked otherwise."""
        wanted = select(JobSchedule)
        if query.q:
            wanted = wanted.where(
                or_(contains(JobSchedule.name, query.q), contains(JobSchedule.title, query.q))
            )
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "title", _JOB_COLUMNS, JobSchedule.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        items = [_read_job(row) for row in rows]
        return Page[JobRead](
            items=items,
            total=await self._count(wanted),
            page=query.page,
            per_page=query.per_page,
        )

    async def get_job(self, name: str) -> JobRead:
        """Return one schedule."""
        return _read_job(await self._get(name))

    async def list_runs(self, query: JobRunQuery) -> Page[JobRunRead]:
        """Return a page of the runs, the newest first unless asked otherwise."""
        wanted = select(JobRun)
        if query.name:
            wanted = wanted.where(JobRun.name == query.name)
        if query.state is not None:
            wanted = wanted.where(JobRun.state == query.state)
        if query.q:
            wanted = wanted.where(contains(JobRun.name, query.q))
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "-enqueued_at", _RUN_COLUMNS, JobRun.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[JobRunRead](
            items=[JobRunRead.model_validate(row) for row in rows],
            total=await self._count(wanted),
            page=query.page,
            per_page=query.per_page,
        )

    async def get_run(self, run_id: uuid.UUID) -> JobRunRead:
        """Return one run."""
        return JobRunRead.model_validate(await self._run(run_id))

    async def pause(self, actor: Actor, name: str) -> JobRead:
        """Stop the clock of a job; runs that are queued or running go on."""
        row = await self._get(name)
        if not row.is_paused:
            row.is_paused = True
            row.next_fire_at = None
            self._announce(actor, JobPaused(object_id=row.id, object_name=row.title))
            await self._record(actor, "job.paused", row)
        return _read_job(row)

    async def resume(self, actor: Actor, name: str) -> JobRead:
        """Start the clock again; what was missed meanwhile is not caught up."""
        row = await self._get(name)
        if row.is_paused:
            row.is_paused = False
            row.settled_until = self._clock.now()
            self._announce(actor, JobResumed(object_id=row.id, object_name=row.title))
            await self._record(actor, "job.resumed", row)
        return _read_job(row)

    async def change(self, actor: Actor, name: str, trigger: str | None) -> JobRead:
        """Set another schedule; None goes back to the default."""
        row = await self._get(name)
        override = None if trigger is None else str(parse(trigger))
        if override == row.default_trigger:
            override = None
        if override != row.trigger_override:
            before = row.trigger_override or row.default_trigger
            row.trigger_override = override
            row.settled_until = self._clock.now()
            row.next_fire_at = None
            details = {"from": before, "to": override or row.default_trigger}
            name = f"The schedule of “{row.title}”"
            self._announce(actor, SettingsChanged(object_id=row.id, object_name=name))
            await self._record(actor, "job.rescheduled", row, details)
        return _read_job(row)

    async def run_now(self, actor: Actor, name: str) -> JobRunRead:
        """Queue a run; one that waits already is not doubled."""
        actor.require(P.JOBS_MANAGE)  # a job of the clock works on everything
        row = await self._get(name)
        kind = self._types.get(name)
        if kind is None:
            raise JobNotFound(f"This version of Unity has no job {name}.")
        waiting = await self._session.scalar(
            select(JobRun)
            .where(
                JobRun.name == name,
                JobRun.state == JobState.QUEUED,
                JobRun.run_at <= self._clock.now(),
            )
            .limit(1)
        )
        if waiting is not None:
            return JobRunRead.model_validate(waiting)
        runs = JobRuns(self._session, self._clock)
        enqueued = await runs.add(kind, requested_by=actor.name)
        details = {"run_id": str(enqueued.run_id)}
        await self._record(actor, "job.started", row, details)
        return await self.get_run(enqueued.run_id)

    async def cancel(self, actor: Actor, run_id: uuid.UUID) -> JobRunRead:
        """End a queued run, or ask a running one to stop."""
        run = await self._run(run_id)
        if not await JobRuns(self._session, self._clock).cancel(run_id):
            raise JobRunEnded(f"The run of {run.name} has ended already: {run.state}.")
        await self._audit.record(
            actor, "job_run.cancelled", kind="job_run", object_id=run.id, name=run.name
        )
        await self._session.refresh(run)
        return JobRunRead.model_validate(run)

    async def forget_old(self, length: timedelta) -> int:
        """Drop the runs that ended longer ago; return how many."""
        before: datetime = self._clock.now() - length
        return await JobRuns(self._session, self._clock).delete_ended(before)

    async def _get(self, name: str) -> JobSchedule:
        row = await self._session.scalar(select(JobSchedule).where(JobSchedule.name == name))
        if row is None:
            raise JobNotFound(f"There is no job {name}.", fix="GET /api/jobs lists them.")
        return row

    async def _run(self, run_id: uuid.UUID) -> JobRun:
        run = await self._session.get(JobRun, run_id)
        if run is None:
            raise JobRunNotFound(
                "There is no run with this id.", fix="Old runs are dropped after some weeks."
            )
        return run

    async def _count(self, wanted: Select[JobRun] | Select[JobSchedule]) -> int:
        statement = select(func.count()).select_from(wanted.subquery())
        return await self._session.scalar(statement) or 0

    def _announce(self, actor: Actor, told: Announcement) -> None:
        Outbox(self._session, self._clock).announce(actor, told)

    async def _record(
        self, actor: Actor, action: str, row: JobSchedule, details: Mapping[str, str] | None = None
    ) -> None:
        await self._session.flush()
        await self._audit.record(
            actor, action, kind="job", object_id=row.id, name=row.name, details=details or {}
        )


def _read_job(row: JobSchedule) -> JobRead:
    return JobRead(
        name=row.name,
        title=row.title,
        trigger=row.trigger_override or row.default_trigger,
        default_trigger=row.default_trigger,
        is_paused=row.is_paused,
        last_fired_at=row.last_fired_at,
        next_fire_at=row.next_fire_at,
    )
