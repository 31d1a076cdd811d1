"""A worker with its clock, as a process that tests may kill: python -m tests.workers.process.

Its jobs append lines to a file: what began, what ended, and in which process.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.adapters.live_memory import MemoryLiveBus
from app.adapters.procrastinate import ProcrastinateEngine
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Every, Job
from app.schedulers.runner import JobClock, guarded
from app.services.core.job_execution import JobExecutor
from tests.ports.job_kit import HASTY

# A machine busy with other tests must not make a living worker look dead.
PATIENT = replace(HASTY, lease=4.0)


class Diary:
    """Lines of several processes in one file; short appends are never torn."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, *words: object) -> None:
        line = " ".join(str(word) for word in words) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def read(self) -> list[list[str]]:
        if not self._path.exists():
            return []
        return [line.split() for line in self._path.read_text().splitlines()]


def jobs(diary: Diary) -> list[Job]:
    """Return a job that takes a while, and one that fires every second."""

    async def long(job: JobContext) -> None:
        diary.write("long", "began", job.run_id, os.getpid())
        await asyncio.sleep(1.0)
        await job.checkpoint()
        diary.write("long", "ended", job.run_id, os.getpid())

    async def tick(job: JobContext) -> None:
        diary.write("tick", "ended", job.run_id, os.getpid())

    return [
        Job(JobType("test.long", "Takes a while", long, may_overlap=True)),
        Job(JobType("test.tick", "Fires every second", tick), Every(timedelta(seconds=1))),
    ]


async def main(url: str, path: str) -> None:
    """Work until killed."""
    database, clock, live = Database(url), SystemClock(), MemoryLiveBus()
    known = jobs(Diary(Path(path)))
    kinds = [guarded(job.type) for job in known]
    executor = JobExecutor(database, clock, kinds, live=live, timing=PATIENT)
    engine = ProcrastinateEngine(
        database, clock, executor, worker=f"process {os.getpid()}", slots=2
    )
    ticking = JobClock(known, database, clock, engine, live=live, zone=ZoneInfo("UTC"))
    async with asyncio.TaskGroup() as group:
        group.create_task(engine.work())
        group.create_task(ticking.run())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
