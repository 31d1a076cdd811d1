"""The `JobEngine` port on procrastinate: it wakes the workers and tells the dead ones.

The table of the runs stays the history and the judge: an entry of the queue is only an
invitation to claim a run, so that an entry too many does no harm.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext as Invitation
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.procrastinate.queue import QUEUE, TASK, RunQueue
from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.logging import get_logger
from app.ports.job_engine import Enqueued, JobArguments
from app.services.core.job_execution import JobExecutor
from app.services.core.job_runs import JobRuns

log = get_logger(__name__)

_TROUBLE = (SQLAlchemyError, ConnectorException, psycopg.Error, PoolTimeout, OSError)
_PAUSE_AFTER_TROUBLE = 1.0


class ProcrastinateEngine:
    """One process's view of the queue; `work` makes it a worker."""

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
        self._tend_now = asyncio.Event()
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=database.conninfo,
                min_size=1,
                max_size=4,
                kwargs={"application_name": f"unity jobs {worker}"},
            )
        )
        self._app.task(name=TASK, queue=QUEUE, pass_context=True)(self._accept)
        # Its information lines tell each attempt once more; the history has them already.
        logging.getLogger("procrastinate").setLevel(logging.WARNING)

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
        """Queue one run; the workers of all processes hear of it."""
        kind = self._executor.types[name]
        # The queue is one for all, whatever the request that asks may see of it.
        with reach.within(None):
            async with self._queue() as queue:
                enqueued = await JobRuns(queue.session, self._clock).add(
                    kind, arguments, key=key, lock=lock, run_at=run_at, requested_by=requested_by
                )
                if enqueued.is_new:
                    await queue.adopt()
        return enqueued

    async def cancel(self, run_id: uuid.UUID) -> bool:
        """Ask a run to stop; the worker that holds it looks every second."""
        async with self._database.transaction() as session:
            was_asked = await JobRuns(session, self._clock).cancel(run_id)
        self._executor.look_now()
        return was_asked

    async def nudge(self) -> None:
        """Put into the queue what services have queued."""
        self._executor.look_now()
        try:
            with reach.within(None):
                await self._adopt()
        except _TROUBLE as error:
            log.warning("jobs_not_adopted", error=type(error).__name__)

    async def recover(self) -> int:
        """Put back the runs of dead workers, and all runs that have fallen out of the queue."""
        async with self._queue() as queue:
            count = await queue.put_back(self._timing.lease)
            await queue.adopt()
        if count:
            log.warning("jobs_recovered", count=count)
        return count

    async def work(self) -> None:
        """Run jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(one) for one in (self._executor.keep(), self._tend())]
            try:
                await self._invite()
            finally:
                for helper in helpers:
                    helper.cancel()

    async def _invite(self) -> None:
        """Keep a procrastinate worker going; it ends when its connection breaks."""
        while True:
            try:
                async with self._app.open_async():
                    await self._app.run_worker_async(
                        queues=[QUEUE],
                        name=self._worker,
                        concurrency=self._slots,
                        install_signal_handlers=False,
                        fetch_job_polling_interval=self._timing.poll,
                        shutdown_graceful_timeout=self._timing.drain,
                        update_heartbeat_interval=self._timing.lease / 3,
                        stalled_worker_timeout=self._timing.lease,
                        delete_jobs="always",
                    )
            except _TROUBLE as error:
                log.warning("jobs_not_fetched", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_AFTER_TROUBLE)

    async def _accept(self, invitation: Invitation, run_id: str) -> None:
        """Claim the run that an entry names, and carry it through."""
        run = uuid.UUID(run_id)
        async with self._queue() as queue:
            runs = JobRuns(queue.session, self._clock)
            claim = await runs.claim(run, self._worker, self._timing.lease_length)
            if claim is None and invitation.job.id is not None:
                await queue.leave(run, invitation.job.id)
        if claim is None:
            return
        try:
            await self._executor.execute(claim)
        finally:
            self._tend_now.set()

    async def _tend(self) -> None:
        """Bring freed, forgotten and lost runs back into the queue, until cancelled."""
        loop = asyncio.get_running_loop()
        recovered_at = float("-inf")
        while True:
            self._tend_now.clear()
            try:
                if loop.time() - recovered_at >= self._timing.lease / 3:
                    recovered_at = loop.time()
                    await self.recover()
                await self._adopt()
            except _TROUBLE as error:
                log.warning("jobs_not_tended", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.poll):
                    await self._tend_now.wait()

    async def _adopt(self) -> None:
        async with self._queue() as queue:
            await queue.adopt()

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[RunQueue]:
        async with self._database.transaction() as session:
            yield RunQueue(session, self._clock, self._app)
