"""The life of a job run in its table: queued, claimed under a lease, and ended by its fence.

Each call is part of the caller's transaction. Every change of a running run names the fence of
its claim, so that a worker that was thought dead can no longer change anything.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Update, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.job_run import JobRun, JobState
from app.ports.job_engine import Enqueued, JobArguments, JobType

MOST_LOSSES = 3
LOST = "The process that ran it died three times; it may be what kills them."


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that a worker holds. `fence` is the worker's right to change it."""

    run_id: uuid.UUID
    name: str
    arguments: JobArguments
    fence: int
    failures: int  # how many attempts have failed before this one


@dataclass(frozen=True, slots=True)
class Holdings:
    """What became of the runs that a worker holds: no longer its own, or asked to stop."""

    lost: frozenset[uuid.UUID]
    cancelled: frozenset[uuid.UUID]


class JobRuns:
    """The table of the runs, as the engines and the services use it."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def add(
        self,
        kind: JobType,
        arguments: JobArguments | None = None,
        *,
        key: str | None = None,
        lock: str | None = None,
        run_at: datetime | None = None,
        requested_by: str = "system",
    ) -> Enqueued:
        """Queue a run; call `JobEngine.nudge` after the commit, or it waits for the next look."""
        if key is not None and (known := await self._of_key(key)) is not None:
            return Enqueued(known, is_new=False)
        now = self._clock.now()
        run = JobRun(
            id=uuid7(),
            name=kind.name,
            arguments=dict(arguments or {}),
            key=key,
            lock=lock or (None if kind.may_overlap else kind.name),
            state=JobState.QUEUED,
            run_at=run_at or now,
            requested_by=requested_by[:120],
            requested_by_id=reach.asker.get(),
            resource_id=_resource_of(arguments or {}),
            enqueued_at=now,
        )
        try:
            async with self._session.begin_nested():
                self._session.add(run)
        except IntegrityError:
            # Another process has queued the same key since we looked.
            known = None if key is None else await self._of_key(key)
            if known is None:
                raise
            return Enqueued(known, is_new=False)
        return Enqueued(run.id, is_new=True)

    async def _of_key(self, key: str) -> uuid.UUID | None:
        return await self._session.scalar(select(JobRun.id).where(JobRun.key == key))

    async def claim_due(
        self, worker: str, lease: timedelta, *, names: Collection[str], limit: int
    ) -> list[Claim]:
        """Take the runs that are due, oldest first and none whose lock is taken."""
        due = (
            select(JobRun.id, JobRun.lock)
            .where(*_is_waiting(names), JobRun.run_at <= self._clock.now())
            .order_by(JobRun.run_at, JobRun.id)
        )
        claims: list[Claim] = []
        locks: set[str] = set()
        for run_id, lock in await self._session.execute(due):
            if len(claims) >= limit:
                break
            if lock is not None and lock in locks:
                continue
            claim = await self.claim(run_id, worker, lease)
            if claim is not None:
                claims.append(claim)
                if lock is not None:
                    locks.add(lock)
        return claims

    async def claim(self, run_id: uuid.UUID, worker: str, lease: timedelta) -> Claim | None:
        """Take one queued run; None when it is gone, not due, or its lock is taken."""
        now = self._clock.now()
        statement = (
            update(JobRun)
            .where(JobRun.id == run_id, JobRun.state == JobState.QUEUED, JobRun.run_at <= now)
            .values(
                state=JobState.RUNNING,
                fence=JobRun.fence + 1,
                attempt=JobRun.attempt + 1,
                worker=worker,
                lease_until=now + lease,
                started_at=now,
                progress_done=0,
                progress_total=0,
                progress_note="",
            )
        )
        try:
            async with self._session.begin_nested():
                if not await self._changed(statement):
                    return None
        except IntegrityError:  # the lock is running elsewhere
            return None
        columns = (JobRun.name, JobRun.arguments, JobRun.fence, JobRun.attempt, JobRun.losses)
        row = (await self._session.execute(select(*columns).where(JobRun.id == run_id))).one()
        return Claim(
            run_id=run_id,
            name=row.name,
            arguments=_arguments(row.arguments),
            fence=row.fence,
            failures=row.attempt - row.losses - 1,
        )

    async def renew(self, held: Mapping[uuid.UUID, int], lease: timedelta) -> None:
        """Prolong the leases of those that still carry their fence."""
        until = self._clock.now() + lease
        for run_id, fence in held.items():
            await self._changed(_held(run_id, fence).values(lease_until=until))

    async def look(self, held: Mapping[uuid.UUID, int]) -> Holdings:
        """Tell which of the held runs were lost, and which are asked to stop."""
        columns = (JobRun.id, JobRun.fence, JobRun.state, JobRun.is_cancel_requested)
        rows = (await self._session.execute(select(*columns).where(JobRun.id.in_(held)))).all()
        mine = {
            row.id: row.is_cancel_requested
            for row in rows
            if row.state == JobState.RUNNING and row.fence == held[row.id]
        }
        return Holdings(
            lost=frozenset(held) - frozenset(mine),
            cancelled=frozenset(run_id for run_id, is_asked in mine.items() if is_asked),
        )

    async def progress(self, claim: Claim, done: int, total: int, note: str) -> bool:
        """Store how far it is; False when the lease was lost."""
        return await self._changed(
            _held(claim.run_id, claim.fence).values(
                progress_done=done, progress_total=total, progress_note=note[:200]
            )
        )

    async def end(
        self,
        claim: Claim,
        state: JobState,
        *,
        error: str = "",
        result: Mapping[str, JsonValue] | None = None,
    ) -> bool:
        """Store the end; False when the lease was lost, whose new holder will tell the end."""
        return await self._changed(
            _held(claim.run_id, claim.fence).values(
                state=state,
                error=error[:1000],
                result=None if result is None else dict(result),
                lease_until=None,
                queue_ref=None,
                finished_at=self._clock.now(),
            )
        )

    async def forget(self, claim: Claim) -> bool:
        """End a quiet run well: nothing is kept of it."""
        statement = delete(JobRun).where(*_is_held(claim.run_id, claim.fence))
        return _count(await self._session.execute(statement)) == 1

    async def retry(self, claim: Claim, error: str, run_at: datetime) -> bool:
        """Queue a failed run again."""
        return await self._changed(
            _held(claim.run_id, claim.fence).values(
                state=JobState.QUEUED,
                error=error[:1000],
                run_at=run_at,
                lease_until=None,
                queue_ref=None,
            )
        )

    async def release(self, claim: Claim) -> bool:
        """Give a run back unfinished because its worker stops; the attempt does not count."""
        return await self._changed(
            _held(claim.run_id, claim.fence).values(
                state=JobState.QUEUED,
                attempt=JobRun.attempt - 1,
                lease_until=None,
                queue_ref=None,
            )
        )

    async def cancel(self, run_id: uuid.UUID) -> bool:
        """End a queued run, or ask a running one to stop; False when it had ended before."""
        queued = update(JobRun).where(JobRun.id == run_id, JobRun.state == JobState.QUEUED)
        if await self._changed(
            queued.values(
                state=JobState.CANCELLED,
                is_cancel_requested=True,
                queue_ref=None,
                finished_at=self._clock.now(),
            )
        ):
            return True
        running = update(JobRun).where(JobRun.id == run_id, JobRun.state == JobState.RUNNING)
        return await self._changed(running.values(is_cancel_requested=True))

    async def put_back(self, *which: ColumnElement[bool]) -> int:
        """Queue running runs again whose worker died; return how many.

        A run that was asked to stop is not started again, nor one that was lost too often.
        """
        running = update(JobRun).where(JobRun.state == JobState.RUNNING, *which)
        gone = {"lease_until": None, "queue_ref": None, "losses": JobRun.losses + 1}
        ended = {**gone, "finished_at": self._clock.now()}
        await self._changed(
            running.where(JobRun.is_cancel_requested).values(state=JobState.CANCELLED, **ended)
        )
        await self._changed(
            running.where(JobRun.losses >= MOST_LOSSES - 1).values(
                state=JobState.LOST, error=LOST, **ended
            )
        )
        statement = running.values(state=JobState.QUEUED, run_at=self._clock.now(), **gone)
        return _count(await self._session.execute(statement))

    async def next_due(self, names: Collection[str]) -> datetime | None:
        """Return when the next queued run is due, of those whose lock is free."""
        statement = select(JobRun.run_at).where(*_is_waiting(names))
        return await self._session.scalar(statement.order_by(JobRun.run_at).limit(1))

    async def delete_ended(self, before: datetime) -> int:
        """Drop the history of runs that ended before; return how many."""
        statement = delete(JobRun).where(JobRun.finished_at < before)
        return _count(await self._session.execute(statement))

    async def _changed(self, statement: Update) -> bool:
        options = {"synchronize_session": False}
        return _count(await self._session.execute(statement, execution_options=options)) > 0


def expired(now: datetime, besides: Collection[uuid.UUID] = ()) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for `put_back`: the lease ran out, and the caller does not hold it."""
    return (or_(JobRun.lease_until.is_(None), JobRun.lease_until < now), JobRun.id.not_in(besides))


def _is_waiting(names: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    running = aliased(JobRun)
    taken = exists().where(running.state == JobState.RUNNING, running.lock == JobRun.lock)
    return (JobRun.state == JobState.QUEUED, JobRun.name.in_(names), ~taken)


def _is_held(run_id: uuid.UUID, fence: int) -> tuple[ColumnElement[bool], ...]:
    return (JobRun.id == run_id, JobRun.fence == fence, JobRun.state == JobState.RUNNING)


def _held(run_id: uuid.UUID, fence: int) -> Update:
    return update(JobRun).where(*_is_held(run_id, fence))


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def _arguments(stored: Mapping[str, JsonValue]) -> JobArguments:
    return {name: value for name, value in stored.items() if _is_plain(value)}  # type: ignore[misc]  # the filter is the proof


def _is_plain(value: JsonValue) -> bool:
    return value is None or isinstance(value, str | int)


def _resource_of(arguments: JobArguments) -> uuid.UUID | None:
    """Return what a run works on, by the names that all jobs give it: who may see it, sees it."""
    for name in ("resource_id", "server_id"):
        value = arguments.get(name)
        if isinstance(value, str):
            return uuid.UUID(value)
    return None
