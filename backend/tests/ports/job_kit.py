"""What the tests of job engines share: engines with little patience, and ways to look at runs."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from app.adapters.jobs_sqlite import SqliteJobEngine
from app.adapters.live_memory import MemoryLiveBus
from app.adapters.procrastinate import ProcrastinateEngine
from app.kernel.clock import Clock, SystemClock
from app.kernel.database import Database
from app.models.core.job_run import ENDED, JobRun
from app.ports.job_engine import JobContext, JobEngine, JobHandler, JobType
from app.schedulers.runner import guarded
from app.services.core.job_execution import JobExecutor, Timing

HASTY = Timing(lease=1.5, look=0.05, grace=0.2, drain=0.2, poll=0.2, progress=0.0)


async def nothing(job: JobContext) -> None:
    del job


def job(run: JobHandler = nothing, name: str = "test.job") -> JobType:
    return JobType(name=name, title="A job of the tests", run=run)


@dataclass(slots=True)
class Kit:
    """Engines on one database."""

    database: Database
    clock: Clock = field(default_factory=SystemClock)
    live: MemoryLiveBus = field(default_factory=MemoryLiveBus)

    def engine(self, *types: JobType, worker: str = "one", timing: Timing = HASTY) -> JobEngine:
        kinds = [guarded(kind) for kind in types]
        executor = JobExecutor(self.database, self.clock, kinds, live=self.live, timing=timing)
        engine = SqliteJobEngine if self.database.is_sqlite else ProcrastinateEngine
        return engine(self.database, self.clock, executor, worker=worker, slots=4)

    async def run(self, run_id: uuid.UUID) -> JobRun | None:
        async with self.database.snapshot() as session:
            return await session.scalar(select(JobRun).where(JobRun.id == run_id))

    async def until(self, run_id: uuid.UUID, is_so: Callable[[JobRun], bool]) -> JobRun:
        async with asyncio.timeout(15):
            while True:
                run = await self.run(run_id)
                if run is not None and is_so(run):
                    return run
                await asyncio.sleep(0.02)

    async def ended(self, run_id: uuid.UUID) -> JobRun:
        return await self.until(run_id, lambda run: run.state in ENDED)


@asynccontextmanager
async def working(*engines: JobEngine) -> AsyncIterator[None]:
    """Let engines work for the length of the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(engine.work()) for engine in engines]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
