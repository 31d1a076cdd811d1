"""Several worker processes on PostgreSQL, and what is left when one of them is killed."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.models.core.job_run import ENDED, JobRun, JobState
from tests.ports.job_kit import Kit
from tests.workers.process import Diary, jobs

pytestmark = pytest.mark.needs("postgres")


@asynccontextmanager
async def process(url: str, diary: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workers.process", url, str(diary)),
        cwd=Path(__file__).parents[2],
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


@pytest.fixture
async def kit(migrated_postgres_url: str) -> AsyncIterator[Kit]:
    database = Database(migrated_postgres_url)
    yield Kit(database)
    await database.dispose()


async def _runs(kit: Kit, name: str) -> list[JobRun]:
    async with kit.database.snapshot() as session:
        return list(await session.scalars(select(JobRun).where(JobRun.name == name)))


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - another process writes, which sets no event here
            await asyncio.sleep(0.05)


def _written(diary: Diary, what: str, word: str) -> list[list[str]]:
    return [line for line in diary.read() if line[:2] == [what, word]]


async def test_a_killed_worker_s_runs_are_done_once_by_the_others(
    kit: Kit, migrated_postgres_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "diary"
    diary = Diary(path)
    engine = kit.engine(*(job.type for job in jobs(diary)))
    queued = [await engine.enqueue("test.long") for _ in range(8)]
    url = migrated_postgres_url
    async with process(url, path) as victim, process(url, path) as survivor:
        await _until(lambda: len({line[3] for line in _written(diary, "long", "began")}) == 2)
        os.kill(victim.pid, signal.SIGKILL)
        runs = [await kit.ended(one.run_id) for one in queued]
        await _until(lambda: len(_written(diary, "tick", "ended")) >= 3)
        survivor.terminate()
    assert {run.state for run in runs} == {JobState.SUCCEEDED}
    ended = Counter(line[2] for line in _written(diary, "long", "ended"))
    # Each run was carried to its end exactly once, those of the victim too.
    assert set(ended.values()) == {1}
    assert len(ended) == 8
    assert any(run.losses for run in runs)
    await _ticks_were_run_once(kit, diary)


async def _ticks_were_run_once(kit: Kit, diary: Diary) -> None:
    """Both processes had a clock, and one was killed: still no second fired or ran twice."""
    runs = await _runs(kit, "test.tick")
    keys = [run.key for run in runs]
    assert len(keys) == len(set(keys))
    done = Counter(line[2] for line in diary.read() if line[0] == "tick")
    assert set(done.values()) <= {1}
    assert {str(run.id) for run in runs if run.state in ENDED} <= set(done)
