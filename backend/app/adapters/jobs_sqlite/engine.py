"""Takes due runs from the table while fewer than `slots` are in work.

One process only: at its start, every run that is still marked as running belongs to a process
that is gone.
"""

import asyncio
import uuid
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.logging import get_logger
from app.models.core.job_run import JobRun
from app.ports.job_engine import Enqueued, JobArguments
from app.services.core.job_execution import JobExecutor
from app.services.core.job_runs import Claim, JobRuns

log = get_logger(__name__)

_PAUSE_AFTER_TROUBLE = 1.0


class SqliteJobEngine:
    """The `JobEngine` port on the run table."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        executor: JobExecutor,
        *,
        worker: str,
        slots: int = 8,
    ) -> None:
        self._database = database
        self._clock = clock
        self._executor = executor
        self._timing = executor.timing
        self._worker = worker
        self._slots = slots
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    async def enqueue(
        self,
        name: str,
        arguments: JobArguments | None = None,
        *,
        key: str | None = None,
        lock: str | None = None,
        run_at: datetime | None = None,
        requested_by: str = "system",
    ) -> Enqueued:
        """Queue one run and wake the worker."""
        kind = self._executor.types[name]
        # The queue is one for all, whatever the request that asks may see of it.
        with reach.within(None):
            async with self._database.transaction() as session:
                enqueued = await JobRuns(session, self._clock).add(
                    kind, arguments, key=key, lock=lock, run_at=run_at, requested_by=requested_by
                )
        self._wake.set()
        return enqueued

    async def cancel(self, run_id: uuid.UUID) -> bool:
        """Ask a run to stop and look after it at once."""
        async with self._database.transaction() as session:
            was_asked = await JobRuns(session, self._clock).cancel(run_id)
        await self.nudge()
        return was_asked

    async def nudge(self) -> None:
        """Wake the worker."""
        self._wake.set()
        self._executor.look_now()

    async def recover(self) -> int:
        """Put back every running run that this process does not hold."""
        async with self._database.transaction() as session:
            runs = JobRuns(session, self._clock)
            count = await runs.put_back(JobRun.id.not_in(self._executor.held))
        if count:
            log.warning("jobs_recovered", count=count)
            self._wake.set()
        return count

    async def work(self) -> None:
        """Run jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._executor.keep())
            try:
                await self._take_turns(group)
            finally:
                if self._tasks:
                    await asyncio.wait(self._tasks, timeout=self._timing.drain)
                keeper.cancel()

    async def _take_turns(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            try:
                wait = await self._take_due(group)
            except SQLAlchemyError as error:
                log.warning("jobs_not_claimed", error=type(error).__name__)
                wait = _PAUSE_AFTER_TROUBLE
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def _take_due(self, group: asyncio.TaskGroup) -> float:
        """Start what is due while there are free slots; return how long to wait for more."""
        while (free := self._slots - len(self._tasks)) > 0:
            # A look first: most of the time nothing is due, and it needs no writing session.
            if (wait := await self._until_next()) > 0:
                return wait
            claims = await self._claim(free)
            if not claims:
                return _PAUSE_AFTER_TROUBLE
            for claim in claims:
                task = group.create_task(self._executor.execute(claim))
                self._tasks.add(task)
                task.add_done_callback(self._is_done)
        return self._timing.poll

    async def _claim(self, limit: int) -> list[Claim]:
        async with self._database.transaction() as session:
            return await JobRuns(session, self._clock).claim_due(
                self._worker,
                self._timing.lease_length,
                names=self._executor.types,
                limit=limit,
            )

    async def _until_next(self) -> float:
        async with self._database.snapshot() as session:
            due = await JobRuns(session, self._clock).next_due(self._executor.types)
        if due is None:
            return self._timing.poll
        return min(max((due - self._clock.now()).total_seconds(), 0.0), self._timing.poll)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
