"""Kill -9 in the middle of a collection cycle, again and again, on both engines.

Three kills each by default; `make crash N=50` for more. The seed is printed, and
UNITY_TEST_SEED repeats a run.
"""

import asyncio
import os
import random
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.models.core.job_run import JobRun, JobState
from app.models.core.job_schedule import JobSchedule
from app.models.infrastructure.collection import CollectionRun
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.audit_entries import AuditEntries
from app.services.core.job_runs import MOST_LOSSES

KILLS = int(os.environ.get("UNITY_TEST_KILLS", "3"))
SEED = int(os.environ.get("UNITY_TEST_SEED", str(secrets.randbelow(1_000_000))))
BACKEND = Path(__file__).parents[2]
START = "from app.cli import main; main()"
PAUSED, CHANGED = "core.history", "credentials.one_time"

pytestmark = [pytest.mark.both_engines, pytest.mark.timeout(120 + KILLS * 60)]


@dataclass(slots=True)
class Unity:
    """A Unity that is started and killed, and its database as a bystander sees it."""

    url: str
    data: Path
    database: Database
    random: random.Random
    starts: list[datetime] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNITY_")}
        environment = {
            **own,
            "UNITY_DATA": str(self.data),
            "UNITY_SERVER__LISTEN": "127.0.0.1:0",
            "UNITY_LOG__LEVEL": "WARNING",
            "UNITY_COLLECT__LIVE_SECONDS": "1",
            "UNITY_COLLECT__STANDARD_SECONDS": "1",
            "UNITY_COLLECT__SLOW_SECONDS": "2",
            # What a killed process had claimed is free again after these.
            "UNITY_COLLECT__CONNECT_SECONDS": "1",
            "UNITY_COLLECT__LOGIN_SECONDS": "1",
            "UNITY_COLLECT__BUDGET_SECONDS": "3",
            "UNITY_COLLECT__DRIVES_SECONDS": "3",
        }
        if not self.database.is_sqlite:
            environment["UNITY_DATABASE__URL"] = self.url
        self.starts.append(SystemClock().now())
        with (self.data.parent / "unity.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", START, "serve"),
                cwd=BACKEND,
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def cycles(self) -> int:
        """Return how many cycles the newest process has stored."""
        async with self.database.snapshot() as session:
            statement = select(func.count()).select_from(CollectionRun)
            since = self.starts[-1]
            return await session.scalar(statement.where(CollectionRun.started_at > since)) or 0

    async def has_stored(self) -> bool:
        """Tell whether the newest process has stored a cycle."""
        return await self.cycles() > 0

    async def working(self) -> bool:
        """Tell whether a collecting job is being run right now by the newest process."""
        async with self.database.snapshot() as session:
            statement = select(JobRun.id).where(
                JobRun.state == JobState.RUNNING,
                JobRun.name == "collect",
                JobRun.started_at > self.starts[-1],
            )
            return await session.scalar(statement.limit(1)) is not None

    async def schedules(self) -> dict[str, tuple[str, str | None, bool]]:
        async with self.database.snapshot() as session:
            rows = await session.scalars(select(JobSchedule))
            return {
                row.name: (row.default_trigger, row.trigger_override, row.is_paused) for row in rows
            }

    async def servers(self) -> int:
        async with self.database.snapshot() as session:
            return await session.scalar(select(func.count()).select_from(MonitoredServer)) or 0

    async def until(self, is_so: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await is_so():  # noqa: ASYNC110 - another process works, which sets no event
                await asyncio.sleep(self.random.uniform(0.0, 0.05))

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill while a cycle runs. The bystander leaves first, so that recovery is the next's."""
        if self.random.random() < 0.5:  # else in its first cycle
            await self.until(self.has_stored)
        await self.until(self.working)
        await self.database.dispose()
        await asyncio.sleep(self.random.uniform(0.0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()


@pytest.fixture
async def unity(database_url: str, database: Database, tmp_path: Path) -> Unity:
    data = tmp_path / "data"
    data.mkdir()
    if database.is_sqlite:
        # The bystander looks into the file that Unity itself uses.
        await database.dispose()
        shutil.move(database_url.removeprefix("sqlite:///"), data / "unity.db")
        database = Database(f"sqlite:///{data / 'unity.db'}")
    sys.stdout.write(f"\nUNITY_TEST_SEED={SEED} kills={KILLS}\n")
    return Unity(database_url, data, database, random.Random(SEED))  # noqa: S311 - repeatable


async def test_a_killed_unity_goes_on_where_it_was(unity: Unity) -> None:
    async with unity.running():
        await unity.until(_is_collecting(unity))
        await _change_schedules(unity)
    expected = await unity.schedules()
    assert expected[PAUSED][2] is True
    assert expected[CHANGED][1] == "every 7m"
    for _ in range(KILLS):
        async with unity.running() as process:
            await unity.kill(process)
        await _is_whole(unity)
        assert await unity.schedules() == expected
        assert await unity.servers() == 1
    async with unity.running():
        await unity.until(_is_collecting(unity))
        await unity.until(_nothing_is_left(unity))
    await _is_whole(unity)
    assert await unity.schedules() == expected
    await unity.database.dispose()


def _is_collecting(unity: Unity) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return await unity.cycles() >= 2

    return is_so


def _nothing_is_left(unity: Unity) -> Callable[[], Awaitable[bool]]:
    """Return whether no run of a killed process is still marked as running."""

    async def is_so() -> bool:
        async with unity.database.snapshot() as session:
            statement = select(func.count()).where(
                JobRun.state == JobState.RUNNING, JobRun.started_at < unity.starts[-1]
            )
            return await session.scalar(statement) == 0

    return is_so


async def _change_schedules(unity: Unity) -> None:
    async with unity.database.transaction() as session:
        await session.execute(
            update(JobSchedule).where(JobSchedule.name == PAUSED).values(is_paused=True)
        )
        await session.execute(
            update(JobSchedule)
            .where(JobSchedule.name == CHANGED)
            .values(trigger_override="every 7m", next_fire_at=None)
        )


async def _is_whole(unity: Unity) -> None:
    """Find no broken row, no run without an owner's traces, and no cycle done twice."""
    async with unity.database.snapshot() as session:
        if unity.database.is_sqlite:
            assert await session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert (await session.execute(text("PRAGMA foreign_key_check"))).all() == []
        assert (await AuditEntries(session).verify()).is_intact
        runs = (await session.scalars(select(JobRun))).all()
        cycles = (
            await session.scalars(select(CollectionRun).order_by(CollectionRun.started_at))
        ).all()
    for run in runs:
        assert run.state in set(JobState)
        assert (run.state == JobState.RUNNING) == (run.lease_until is not None)
        assert run.state != JobState.FAILED, f"{run.name}: {run.error}"
        # Only a run that was killed three times in a row is given up.
        assert (run.state == JobState.LOST) == (run.losses >= MOST_LOSSES)
    keys = [run.key for run in runs if run.key is not None]
    assert len(keys) == len(set(keys))
    _assert_one_after_another(cycles)


def _assert_one_after_another(cycles: Sequence[CollectionRun]) -> None:
    for rate in {cycle.rate for cycle in cycles}:
        for one, following in pairwise(cycle for cycle in cycles if cycle.rate == rate):
            end = one.started_at + timedelta(seconds=one.seconds)
            assert following.started_at >= end - timedelta(milliseconds=50)
