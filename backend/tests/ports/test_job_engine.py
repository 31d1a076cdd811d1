"""The contract of the job engines."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.kernel.errors import JsonValue, NotFound
from app.models.core.job_run import JobRun, JobState
from app.ports.job_engine import JobCancelled, JobContext
from app.services.core.job_runs import LOST, MOST_LOSSES, JobRuns
from tests.ports.job_kit import HASTY, Kit, job, working

pytestmark = pytest.mark.both_engines


@pytest.fixture
def kit(database: Database) -> Kit:
    return Kit(database)


class Recorder:
    """A handler that notes when it runs, and how many do at once."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.seconds = seconds
        self.runs: list[uuid.UUID] = []
        self.at_once = 0
        self.most_at_once = 0
        self.started = asyncio.Event()

    async def __call__(self, context: JobContext) -> None:
        self.runs.append(context.run_id)
        self.started.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1


async def test_a_run_succeeds_and_its_result_is_kept(kit: Kit) -> None:
    async def handler(context: JobContext) -> dict[str, JsonValue]:
        return {"seen": context.arguments["what"]}

    engine = kit.engine(job(handler))
    async with working(engine):
        enqueued = await engine.enqueue("test.job", {"what": 7}, requested_by="alice")
        run = await kit.ended(enqueued.run_id)
    assert run.state == JobState.SUCCEEDED
    assert run.result == {"seen": 7}
    assert (run.attempt, run.requested_by, run.error) == (1, "alice", "")
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.enqueued_at <= run.started_at <= run.finished_at


async def test_the_same_key_twice_is_one_run(kit: Kit) -> None:
    recorder = Recorder()
    engine = kit.engine(job(recorder))
    async with working(engine):
        first = await engine.enqueue("test.job", key="tick 1")
        second = await engine.enqueue("test.job", key="tick 1")
        await kit.ended(first.run_id)
        third = await engine.enqueue("test.job", key="tick 1")
    assert first.is_new
    assert not second.is_new
    assert not third.is_new
    assert first.run_id == second.run_id == third.run_id
    assert recorder.runs == [first.run_id]


async def test_keys_enqueued_at_the_same_moment_are_one_run(kit: Kit) -> None:
    engine = kit.engine(job())
    many = await asyncio.gather(*(engine.enqueue("test.job", key="same") for _ in range(8)))
    assert sum(one.is_new for one in many) == 1
    assert len({one.run_id for one in many}) == 1


async def test_runs_of_one_lock_never_overlap(kit: Kit) -> None:
    recorder = Recorder()
    engine = kit.engine(job(recorder))
    async with working(engine):
        many = [await engine.enqueue("test.job", lock="server:1") for _ in range(4)]
        for one in many:
            await kit.ended(one.run_id)
    assert recorder.most_at_once == 1
    assert len(recorder.runs) == 4


async def test_a_job_does_not_overlap_with_itself_unless_it_may(kit: Kit) -> None:
    alone, many = Recorder(), Recorder(0.4)
    engine = kit.engine(job(alone, "test.alone"), replace(job(many, "test.many"), may_overlap=True))
    async with working(engine):
        runs = [await engine.enqueue(name) for name in ("test.alone", "test.many") * 2]
        for one in runs:
            await kit.ended(one.run_id)
    assert alone.most_at_once == 1
    assert many.most_at_once == 2


async def test_locks_do_not_hold_each_other_up(kit: Kit) -> None:
    recorder = Recorder(0.4)
    engine = kit.engine(job(recorder))
    async with working(engine):
        runs = [await engine.enqueue("test.job", lock=f"server:{n}") for n in range(3)]
        for one in runs:
            await kit.ended(one.run_id)
    assert recorder.most_at_once == 3


async def test_a_known_error_is_told_in_its_own_words(kit: Kit) -> None:
    async def handler(_context: JobContext) -> None:
        raise NotFound("There is no server lab.", fix="Add it first.")

    engine = kit.engine(job(handler))
    async with working(engine):
        run = await kit.ended((await engine.enqueue("test.job")).run_id)
    assert run.state == JobState.FAILED
    assert run.error == "There is no server lab. Add it first."


async def test_an_unexpected_error_is_named_without_its_text(kit: Kit) -> None:
    async def handler(_context: JobContext) -> None:
        raise ValueError("password hunter2")

    engine = kit.engine(job(handler))
    async with working(engine):
        run = await kit.ended((await engine.enqueue("test.job")).run_id)
    assert run.state == JobState.FAILED
    assert "ValueError at test_job_engine.py" in run.error
    assert "hunter2" not in run.error


async def test_a_failure_is_tried_again_after_a_growing_pause(kit: Kit) -> None:
    at: list[float] = []

    async def handler(_context: JobContext) -> None:
        at.append(asyncio.get_running_loop().time())
        raise NotFound("Not yet.")

    kind = replace(job(handler), attempts=3, retry_after=timedelta(seconds=0.2))
    engine = kit.engine(kind)
    async with working(engine):
        run = await kit.ended((await engine.enqueue("test.job")).run_id)
    assert (run.state, run.attempt, run.error) == (JobState.FAILED, 3, "Not yet.")
    assert at[1] - at[0] >= 0.2
    assert at[2] - at[1] >= 0.4


async def test_a_retry_that_works_is_a_success(kit: Kit) -> None:
    tries: list[uuid.UUID] = []

    async def handler(context: JobContext) -> None:
        tries.append(context.run_id)
        if len(tries) == 1:
            raise NotFound("Not yet.")

    engine = kit.engine(replace(job(handler), attempts=2, retry_after=timedelta(seconds=0.01)))
    async with working(engine):
        run = await kit.ended((await engine.enqueue("test.job")).run_id)
    assert (run.state, run.attempt, run.error) == (JobState.SUCCEEDED, 2, "")


async def test_a_run_over_its_time_is_stopped(kit: Kit) -> None:
    recorder = Recorder(30)
    engine = kit.engine(replace(job(recorder), timeout=timedelta(seconds=0.2)))
    async with working(engine):
        run = await kit.ended((await engine.enqueue("test.job")).run_id)
    assert run.state == JobState.FAILED
    assert run.error == "It took longer than 0.2 seconds."
    assert recorder.at_once == 0


async def test_a_queued_run_that_is_cancelled_never_starts(kit: Kit) -> None:
    recorder = Recorder()
    engine = kit.engine(job(recorder))
    enqueued = await engine.enqueue("test.job")
    assert await engine.cancel(enqueued.run_id)
    async with working(engine):
        other = await engine.enqueue("test.job")
        await kit.ended(other.run_id)
    run = await kit.ended(enqueued.run_id)
    assert run.state == JobState.CANCELLED
    assert recorder.runs == [other.run_id]


async def test_a_cancelled_run_stops_at_its_next_checkpoint(kit: Kit) -> None:
    started = asyncio.Event()
    cleaned = asyncio.Event()

    async def handler(context: JobContext) -> None:
        started.set()
        try:
            while True:
                await context.checkpoint()
                await asyncio.sleep(0.01)
        except JobCancelled:
            cleaned.set()
            raise

    engine = kit.engine(job(handler))
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await started.wait()
        assert await engine.cancel(enqueued.run_id)
        run = await kit.ended(enqueued.run_id)
    assert run.state == JobState.CANCELLED
    assert cleaned.is_set()


async def test_a_cancelled_run_that_never_looks_is_made_to_stop(kit: Kit) -> None:
    recorder = Recorder(30)
    engine = kit.engine(job(recorder))
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await recorder.started.wait()
        await engine.cancel(enqueued.run_id)
        run = await kit.ended(enqueued.run_id)
        assert run.state == JobState.CANCELLED
        next_run = await engine.enqueue("test.job", lock="another")
        await kit.until(next_run.run_id, lambda run: run.state == JobState.RUNNING)


async def test_what_has_ended_cannot_be_cancelled(kit: Kit) -> None:
    engine = kit.engine(job())
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await kit.ended(enqueued.run_id)
        assert not await engine.cancel(enqueued.run_id)
        assert not await engine.cancel(uuid.uuid4())


async def test_progress_is_kept_and_announced(kit: Kit) -> None:
    told = asyncio.Event()

    async def handler(context: JobContext) -> None:
        await context.progress(3, 10, "disk sda")
        told.set()
        await asyncio.sleep(30)

    engine = kit.engine(job(handler))
    async with kit.live.subscribe({"job"}) as events, working(engine):
        enqueued = await engine.enqueue("test.job")
        await told.wait()
        run = await kit.run(enqueued.run_id)
        event = await anext(events)
    assert run is not None
    assert (run.progress_done, run.progress_total, run.progress_note) == (3, 10, "disk sda")
    assert event.payload["id"] == str(enqueued.run_id)


async def test_a_quiet_success_leaves_no_trace_and_a_quiet_failure_does(kit: Kit) -> None:
    async def handler(context: JobContext) -> None:
        if context.arguments["fails"]:
            raise NotFound("Gone.")

    engine = kit.engine(replace(job(handler), is_quiet=True))
    async with working(engine):
        good = await engine.enqueue("test.job", {"fails": False})
        bad = await engine.enqueue("test.job", {"fails": True})
        await kit.ended(bad.run_id)
    assert await kit.run(good.run_id) is None


async def test_a_run_for_later_waits_for_its_time(kit: Kit) -> None:
    recorder = Recorder(0)
    engine = kit.engine(job(recorder))
    async with working(engine):
        due = SystemClock().now() + timedelta(seconds=0.5)
        run = await kit.ended((await engine.enqueue("test.job", run_at=due)).run_id)
    assert run.started_at is not None
    assert run.started_at >= due


async def test_what_a_service_queued_in_its_own_transaction_runs_after_a_nudge(kit: Kit) -> None:
    engine = kit.engine(job())
    async with working(engine):
        async with kit.database.transaction() as session:
            enqueued = await JobRuns(session, kit.clock).add(job(), {"a": 1})
        await engine.nudge()
        run = await kit.ended(enqueued.run_id)
    assert run.state == JobState.SUCCEEDED


async def test_a_worker_that_stops_gives_its_runs_back(kit: Kit) -> None:
    recorder = Recorder(30)
    engine = kit.engine(job(recorder))
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await recorder.started.wait()
    run = await kit.run(enqueued.run_id)
    assert run is not None
    assert (run.state, run.attempt) == (JobState.QUEUED, 0)
    recorder.seconds = 0
    async with working(kit.engine(job(recorder))):
        run = await kit.ended(enqueued.run_id)
    assert (run.state, run.attempt) == (JobState.SUCCEEDED, 1)


async def _die_with(kit: Kit, run_id: uuid.UUID) -> None:
    """Leave a run as a killed worker leaves it: claimed, its lease run out."""
    past = SystemClock().now() - timedelta(minutes=5)
    async with kit.database.transaction() as session:
        await session.execute(
            update(JobRun)
            .where(JobRun.id == run_id)
            .values(
                state=JobState.RUNNING,
                fence=JobRun.fence + 1,
                attempt=JobRun.attempt + 1,
                worker="dead",
                lease_until=past,
            )
        )


async def test_the_run_of_a_dead_worker_is_put_back_once_and_done(kit: Kit) -> None:
    recorder = Recorder()
    engine = kit.engine(job(recorder))
    enqueued = await engine.enqueue("test.job")
    await _die_with(kit, enqueued.run_id)
    assert await engine.recover() == 1
    assert await engine.recover() == 0
    async with working(engine):
        run = await kit.ended(enqueued.run_id)
    assert (run.state, run.attempt, run.losses) == (JobState.SUCCEEDED, 2, 1)
    assert recorder.runs == [enqueued.run_id]


async def test_a_run_that_killed_three_workers_is_lost(kit: Kit) -> None:
    engine = kit.engine(job())
    enqueued = await engine.enqueue("test.job")
    for _ in range(MOST_LOSSES):
        await _die_with(kit, enqueued.run_id)
        await engine.recover()
    run = await kit.run(enqueued.run_id)
    assert run is not None
    assert (run.state, run.error) == (JobState.LOST, LOST)


async def test_a_dead_worker_s_cancelled_run_is_not_started_again(kit: Kit) -> None:
    engine = kit.engine(job())
    enqueued = await engine.enqueue("test.job")
    await _die_with(kit, enqueued.run_id)
    assert await engine.cancel(enqueued.run_id)
    assert await engine.recover() == 0
    assert (await kit.ended(enqueued.run_id)).state == JobState.CANCELLED


async def test_a_long_run_keeps_its_lease(kit: Kit) -> None:
    recorder = Recorder(HASTY.lease * 2)
    engine, other = kit.engine(job(recorder)), kit.engine(job(recorder), worker="two")
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await kit.until(enqueued.run_id, lambda run: run.lease_until is not None)
        if not kit.database.is_sqlite:
            await asyncio.sleep(HASTY.lease * 1.2)
            assert await other.recover() == 0
        run = await kit.ended(enqueued.run_id)
    assert (run.state, run.attempt, run.losses) == (JobState.SUCCEEDED, 1, 0)


async def test_a_worker_whose_lease_was_lost_can_change_nothing(kit: Kit) -> None:
    heard = asyncio.Event()
    started = asyncio.Event()

    async def handler(context: JobContext) -> None:
        started.set()
        try:
            while True:
                await context.checkpoint()
                await asyncio.sleep(0.01)
        except JobCancelled:
            heard.set()
        # It even claims success.

    engine = kit.engine(job(handler))
    async with working(engine):
        enqueued = await engine.enqueue("test.job")
        await started.wait()
        later = SystemClock().now() + timedelta(hours=1)
        async with kit.database.transaction() as session:
            await JobRuns(session, kit.clock).put_back(JobRun.id == enqueued.run_id)
            await session.execute(update(JobRun).values(run_at=later))
        await heard.wait()
        await asyncio.sleep(0.2)
    run = await kit.run(enqueued.run_id)
    assert run is not None
    assert (run.state, run.losses, run.result) == (JobState.QUEUED, 1, None)


async def test_two_workers_share_the_runs_and_none_is_done_twice(kit: Kit) -> None:
    recorder = Recorder(0.01)
    kind = replace(job(recorder), may_overlap=True)
    engine, other = kit.engine(kind), kit.engine(kind, worker="two")
    async with working(engine, other):
        runs = [await engine.enqueue("test.job") for _ in range(30)]
        for one in runs:
            await kit.ended(one.run_id)
    assert sorted(recorder.runs) == sorted(one.run_id for one in runs)
    async with kit.database.snapshot() as session:
        assert await session.scalar(select(func.max(JobRun.attempt))) == 1
