"""The clock: each fire once, whoever drives; pauses, changes, sleep and clocks set wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.job_run import JobRun, JobState
from app.models.core.job_schedule import JobSchedule
from app.schedulers.jobs import Cron, Every, Job, Trigger
from app.schedulers.runner import JobClock
from app.services.core.leadership import Leadership
from tests.ports.job_kit import Kit, job

pytestmark = pytest.mark.both_engines

FIVE = Every(timedelta(minutes=5))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-14 {text}").replace(tzinfo=UTC)


class Deluded(Leadership):
    """Believes to lead, as two processes may for a moment."""

    async def holds(self) -> bool:
        return True


@dataclass(slots=True)
class World:
    """A clock of jobs over a manual clock of the world."""

    database: Database
    clock: ManualClock
    made: list[JobClock] = field(default_factory=list)

    def job_clock(self, trigger: Trigger | None = FIVE, jitter: float = 0) -> JobClock:
        kit = Kit(self.database, clock=self.clock)
        jobs = [Job(job(), trigger, jitter=timedelta(seconds=jitter))]
        made = JobClock(
            jobs, self.database, self.clock, kit.engine(job()), live=kit.live, zone=ZoneInfo("UTC")
        )
        self.made.append(made)
        return made

    async def stop(self) -> None:
        """Let go of what the clocks hold, as their end does."""
        while self.made:
            await self.made.pop()._leadership.release()

    async def runs(self) -> list[JobRun]:
        async with self.database.snapshot() as session:
            return list(await session.scalars(select(JobRun).order_by(JobRun.id)))

    async def fires(self) -> list[str]:
        """Return the keys of all runs, and end the runs."""
        keys = [(run.key or "").partition("@")[2] for run in await self.runs()]
        await self.set_runs(state=JobState.SUCCEEDED)
        return [datetime.fromisoformat(key).strftime("%H:%M:%S") for key in keys]

    async def schedule(self) -> JobSchedule:
        async with self.database.snapshot() as session:
            return (await session.scalars(select(JobSchedule))).one()

    async def set_runs(self, **values: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(JobRun).values(**values))

    async def set_schedule(self, **values: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(JobSchedule).values(**values))


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> AsyncIterator[World]:
    clock.advance(timedelta(seconds=1))  # 12:00:01, past a tick
    world = World(database, clock)
    yield world
    await world.stop()


async def test_an_interval_begins_at_once_and_goes_on_at_its_ticks(world: World) -> None:
    ticking = world.job_clock()
    for _ in range(12):
        await ticking.tick()
        await world.set_runs(state=JobState.SUCCEEDED)
        world.clock.advance(timedelta(minutes=1))
    assert await world.fires() == ["12:00:00", "12:05:00", "12:10:00"]


async def test_a_time_of_the_day_is_waited_for(world: World) -> None:
    ticking = world.job_clock(Cron("30 12 * * *"))
    await ticking.tick()
    assert await world.fires() == []
    assert (await world.schedule()).next_fire_at == at("12:30")
    world.clock.advance(timedelta(minutes=30))
    await ticking.tick()
    assert await world.fires() == ["12:30:00"]


async def test_a_tick_tells_how_long_to_wait(world: World) -> None:
    ticking = world.job_clock(Every(timedelta(seconds=2)))
    assert await ticking.tick() == pytest.approx(1.0)


async def test_what_was_missed_is_caught_up_once(world: World) -> None:
    await world.job_clock().tick()
    await world.fires()
    world.clock.advance(timedelta(hours=9))
    await world.stop()
    restarted = world.job_clock()
    for _ in range(3):
        await restarted.tick()
    assert await world.fires() == ["12:00:00", "21:00:00"]


async def test_a_restart_between_two_fires_fires_nothing(world: World) -> None:
    await world.job_clock().tick()
    await world.fires()
    world.clock.advance(timedelta(minutes=4))
    await world.stop()
    await world.job_clock().tick()
    assert await world.fires() == ["12:00:00"]


async def test_a_job_that_is_slower_than_its_interval_does_not_pile_up(world: World) -> None:
    ticking = world.job_clock()
    for _ in range(5):
        await ticking.tick()
        world.clock.advance(timedelta(minutes=5))
    assert len(await world.runs()) == 1
    await world.set_runs(state=JobState.RUNNING)
    await ticking.tick()
    assert len(await world.runs()) == 2


async def test_two_clocks_fire_once(world: World) -> None:
    one, two = world.job_clock(), world.job_clock()
    one._leadership = two._leadership = Deluded(world.database)
    for _ in range(4):
        await asyncio.gather(one.tick(), two.tick())
        await world.set_runs(state=JobState.SUCCEEDED)
        world.clock.advance(timedelta(minutes=5))
    assert await world.fires() == ["12:00:00", "12:05:00", "12:10:00", "12:15:00"]


async def test_a_fire_is_queued_once_even_when_the_schedule_forgot_it(world: World) -> None:
    ticking = world.job_clock()
    await ticking.tick()
    await world.set_runs(state=JobState.SUCCEEDED)
    await world.set_schedule(settled_until=None, next_fire_at=None)
    await ticking.tick()
    assert await world.fires() == ["12:00:00"]


async def test_a_paused_job_does_not_fire_and_is_not_caught_up(world: World) -> None:
    ticking = world.job_clock()
    await ticking.tick()
    await world.fires()
    await world.set_schedule(is_paused=True)
    world.clock.advance(timedelta(minutes=30))
    await ticking.tick()
    assert (await world.schedule()).next_fire_at is None
    await world.set_schedule(is_paused=False, settled_until=world.clock.now())
    await ticking.tick()
    assert (await world.schedule()).next_fire_at == at("12:35")
    world.clock.advance(timedelta(minutes=5))
    await ticking.tick()
    assert await world.fires() == ["12:00:00", "12:35:00"]


async def test_a_changed_interval_counts_at_once(world: World) -> None:
    ticking = world.job_clock()
    await ticking.tick()
    await world.fires()
    await world.set_schedule(
        trigger_override="every 10s", settled_until=world.clock.now(), next_fire_at=None
    )
    world.clock.advance(timedelta(seconds=10))
    await ticking.tick()
    assert await world.fires() == ["12:00:00", "12:00:10"]
    world.clock.advance(timedelta(minutes=1))
    await world.stop()
    restarted = world.job_clock()
    await restarted.tick()
    assert (await world.schedule()).trigger_override == "every 10s"
    assert await world.fires() == ["12:00:00", "12:00:10", "12:01:10"]


async def test_a_changed_default_counts_after_a_restart(world: World) -> None:
    await world.job_clock().tick()
    await world.fires()
    world.clock.advance(timedelta(seconds=5))
    await world.stop()
    await world.job_clock(Every(timedelta(hours=1))).tick()
    assert (await world.schedule()).next_fire_at == at("13:00")


async def test_a_job_on_demand_never_fires(world: World) -> None:
    ticking = world.job_clock(None)
    world.clock.advance(timedelta(days=2))
    await ticking.tick()
    assert await world.runs() == []
    assert (await world.schedule()).next_fire_at is None


async def test_a_schedule_nobody_understands_holds_nobody_up(world: World) -> None:
    ticking = world.job_clock()
    await ticking.tick()
    await world.set_schedule(trigger_override="at dawn", next_fire_at=None)
    await ticking.tick()
    assert await world.fires() == ["12:00:00"]


async def test_jitter_delays_the_run_but_not_beyond_its_bound(world: World) -> None:
    await world.job_clock(jitter=60).tick()
    run = (await world.runs())[0]
    assert at("12:00:00") <= run.run_at < at("12:01:00")


async def test_a_clock_set_back_does_not_stop_the_jobs(world: World) -> None:
    ticking = world.job_clock()
    await ticking.tick()
    await world.fires()
    world.clock.advance(timedelta(days=-300))
    await ticking.tick()
    world.clock.advance(timedelta(minutes=5))
    await ticking.tick()
    assert await world.fires() == ["12:00:00", "12:05:00"]


async def test_only_one_process_leads_until_it_lets_go(world: World) -> None:
    one, two = Leadership(world.database), Leadership(world.database)
    assert await one.holds()
    assert await one.holds()
    if not world.database.is_sqlite:
        assert not await two.holds()
        await one.release()
        assert await two.holds()
    await one.release()
    await two.release()
