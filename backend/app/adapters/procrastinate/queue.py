"""Procrastinate's queue beside the table of the runs, always changed in one transaction with it.

Every attempt of a run is a queue entry of its own, whose id the run remembers. The queue knows
neither locks nor retries: an entry with a lock that waits for its time would hold up all younger
ones of its lock, so a run comes into the queue only when its lock is free.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import procrastinate
import psycopg
from procrastinate import sql
from procrastinate.jobs import Job
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    cast,
    column,
    exists,
    func,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.models.core.job_run import JobRun, JobState
from app.services.core.job_runs import JobRuns, expired

QUEUE = "unity"
TASK = "unity.run"
_LOCK = 0x756E6974795F6A71  # "unity_jq", the place in PostgreSQL's advisory locks
_AT_ONCE = 200
_ENTRY = table("procrastinate_jobs", column("id", BigInteger), column("status", String))


@dataclass(slots=True)
class RunQueue:
    """What the engine does with both tables within one transaction."""

    session: AsyncSession
    clock: Clock
    app: procrastinate.App

    async def put(self, run_id: uuid.UUID, run_at: datetime | None) -> int:
        """Add an entry; the workers hear of it at the commit."""
        entry = Job(
            queue=QUEUE,
            lock=None,
            queueing_lock=None,
            task_name=TASK,
            task_kwargs={"run_id": str(run_id)},
            scheduled_at=run_at,
        )
        deferred = await self.app.job_manager.defer_job_async(entry, await self._connection())
        if deferred.id is None:
            raise RuntimeError("Procrastinate gave an entry without a number.")
        return deferred.id

    async def adopt(self) -> int:
        """Put every waiting run whose lock is free into the queue; return how many."""
        now = self.clock.now()
        count = 0
        for run_id, run_at in await self._waiting():
            ref = await self.put(run_id, run_at if run_at > now else None)
            await self._refer(JobRun.id == run_id, ref)
            count += 1
        return count

    async def _waiting(self) -> list[tuple[uuid.UUID, datetime]]:
        """Return runs that stand in no queue; of each lock the oldest, when none is running."""
        other = aliased(JobRun)
        is_earlier = exists().where(
            other.lock == JobRun.lock,
            (other.state == JobState.RUNNING)
            | (
                (other.state == JobState.QUEUED)
                & (func.row(other.run_at, other.id) < func.row(JobRun.run_at, JobRun.id))
            ),
        )
        statement = (
            select(JobRun.id, JobRun.run_at)
            .where(JobRun.state == JobState.QUEUED, JobRun.queue_ref.is_(None), ~is_earlier)
            .order_by(JobRun.run_at, JobRun.id)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        return [(row.id, row.run_at) for row in await self.session.execute(statement)]

    async def leave(self, run_id: uuid.UUID, ref: int) -> None:
        """Take a run that could not be claimed out of the queue again."""
        await self._refer((JobRun.id == run_id) & (JobRun.queue_ref == ref), None)

    async def put_back(self, silence: float) -> int:
        """Queue the runs of dead workers again: those whose heartbeat is older than `silence`.

        PostgreSQL's clock judges the heartbeats, so workers need not agree on the time. Only one
        process does this at a time.
        """
        if not await self.session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return 0
        dead = await self._drop_stalled(silence)
        runs = JobRuns(self.session, self.clock)
        count = await runs.put_back(JobRun.queue_ref.in_(dead)) if dead else 0
        count += await runs.put_back(*expired(self.clock.now()), ~self._has_entry("doing"))
        await self._refer(
            (JobRun.state == JobState.QUEUED) & ~self._has_entry("todo", "doing"), None
        )
        return count

    async def _drop_stalled(self, silence: float) -> list[int]:
        connection = await self._connection()
        connector = self.app.connector
        rows = await connector.execute_query_all_async_with_connection(
            connection,
            query=sql.queries["select_stalled_jobs_by_heartbeat"],
            queue=QUEUE,
            task_name=TASK,
            seconds_since_heartbeat=silence,
        )
        for row in rows:
            await connector.execute_query_all_async_with_connection(
                connection,
                query=sql.queries["finish_job"],
                job_id=row["id"],
                status="failed",
                delete_job=True,
            )
        return [row["id"] for row in rows]

    def _has_entry(self, *statuses: str) -> ColumnElement[bool]:
        return exists().where(
            _ENTRY.c.id == JobRun.queue_ref, cast(_ENTRY.c.status, String).in_(statuses)
        )

    async def _refer(self, which: ColumnElement[bool], ref: int | None) -> None:
        statement = update(JobRun).where(which).values(queue_ref=ref)
        await self.session.execute(statement, execution_options={"synchronize_session": False})

    async def _connection(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        """Return psycopg's own connection below the session."""
        raw = await (await self.session.connection()).get_raw_connection()
        connection = raw.driver_connection
        if not isinstance(connection, psycopg.AsyncConnection):
            raise TypeError("Procrastinate needs PostgreSQL by psycopg.")
        return connection
