"""Carries claimed runs through: lease, time-out, cancellation, progress, retry and the end.

Both engines use it; they differ only in how a run finds its worker.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.kernel.clock import Clock
from app.kernel.database import Database, Session
from app.kernel.errors import JsonValue
from app.kernel.logging import get_logger
from app.models.core.job_run import JobState
from app.ports.job_engine import JobArguments, JobCancelled, JobFailed, JobType
from app.ports.live_bus import LiveBus
from app.services.core.job_news import FailureNews
from app.services.core.job_runs import Claim, JobRuns

log = get_logger(__name__)

TOPIC = "job"


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient an engine is, in seconds."""

    lease: float = 30.0  # a worker that says nothing for so long counts as dead
    look: float = 1.0  # how often held runs are checked for cancellation and loss
    grace: float = 5.0  # what a cancelled handler may take to reach a checkpoint
    drain: float = 10.0  # what running jobs may take when their worker stops
    poll: float = 5.0  # how often the table is looked at when nobody rings
    progress: float = 0.5  # how often a run's progress is stored at most

    @property
    def lease_length(self) -> timedelta:
        """The lease as a length of time."""
        return timedelta(seconds=self.lease)


@dataclass(slots=True)
class _Hold:
    """A run in work. `stop_by` is set once it is to stop: the time when it is made to."""

    claim: Claim
    task: asyncio.Task[object]
    lease_until: datetime
    is_lost: bool = False
    is_cancelled: bool = False
    stop_by: float | None = None


@dataclass(slots=True)
class _End:
    """How an attempt ended."""

    state: JobState
    error: str = ""
    result: Mapping[str, JsonValue] | None = None
    retry_at: datetime | None = None


@dataclass(slots=True)
class _Context:
    """What the handler sees of its run."""

    executor: "JobExecutor"
    hold: _Hold
    stored_at: float = field(default=float("-inf"))

    @property
    def run_id(self) -> uuid.UUID:
        return self.hold.claim.run_id

    @property
    def arguments(self) -> JobArguments:
        return self.hold.claim.arguments

    async def progress(self, done: int, total: int, note: str = "") -> None:
        now = asyncio.get_running_loop().time()
        if done >= total or now - self.stored_at >= self.executor.timing.progress:
            self.stored_at = now
            if not await self.executor.store_progress(self.hold.claim, done, total, note):
                self.hold.is_lost = True
        await self.checkpoint()

    async def checkpoint(self) -> None:
        if self.executor.is_overdue(self.hold):
            await self.executor.check()
        if self.hold.is_lost or self.hold.is_cancelled:
            raise JobCancelled


class JobExecutor:
    """Runs what its engine has claimed. `keep` must run beside it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        types: Sequence[JobType] = (),
        *,
        live: LiveBus,
        timing: Timing,
    ) -> None:
        self._database = database
        self._clock = clock
        self._live = live
        self.timing = timing
        self.types = {kind.name: kind for kind in types}
        self._holds: dict[uuid.UUID, _Hold] = {}
        self._look_now = asyncio.Event()

    def learn(self, types: Sequence[JobType]) -> None:
        """Add kinds of work: handlers need parts of Unity that need the engine first."""
        self.types.update((kind.name, kind) for kind in types)

    @property
    def held(self) -> frozenset[uuid.UUID]:
        """The runs in work."""
        return frozenset(self._holds)

    def look_now(self) -> None:
        """Check the held runs at once, because one was cancelled."""
        self._look_now.set()

    async def execute(self, claim: Claim) -> None:
        """Run one attempt and store what came of it."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A job runs in a task.")
        until = self._clock.now() + self.timing.lease_length
        hold = self._holds[claim.run_id] = _Hold(claim, task, until)
        await self._tell(claim, JobState.RUNNING)
        try:
            end = await self._attempt(hold)
        except asyncio.CancelledError:
            await self._store(claim, None)
            raise
        finally:
            del self._holds[claim.run_id]
        if await self._store(claim, end):
            await self._tell(claim, JobState.QUEUED if end.retry_at else end.state)
        else:
            log.warning("job_end_refused", job=claim.name, run_id=str(claim.run_id))

    async def _attempt(self, hold: _Hold) -> _End:
        kind = self.types[hold.claim.name]
        try:
            async with asyncio.timeout(kind.timeout.total_seconds()):
                result = await kind.run(_Context(self, hold))
        except JobCancelled:
            return _End(JobState.CANCELLED)
        except TimeoutError:
            return self._failed(hold, kind, f"It took longer than {_spoken(kind.timeout)}.")
        except JobFailed as error:
            return self._failed(hold, kind, str(error))
        except asyncio.CancelledError:
            # Ours, because it did not stop by itself; unless the whole worker is stopping.
            if hold.stop_by is None or hold.task.uncancel() > 0:
                raise
            return _End(JobState.CANCELLED)
        return _End(JobState.SUCCEEDED, result=None if result is None else dict(result))

    def _failed(self, hold: _Hold, kind: JobType, error: str) -> _End:
        failures = hold.claim.failures + 1
        end = _End(JobState.FAILED, error=error)
        if failures < kind.attempts and not hold.is_cancelled:
            end.retry_at = self._clock.now() + kind.retry_after * 2 ** (failures - 1)
        return end

    async def _store(self, claim: Claim, end: _End | None) -> bool:
        """Store the end, or give the run back when there is none; False when the lease was lost.

        When the database does not answer, the lease runs out and the run is done again.
        """
        for pause in (0.1, 0.5, 2.0, 0.0):
            try:
                async with self._database.transaction() as session:
                    return await self._write(session, claim, end)
            except SQLAlchemyError as error:
                log.warning("job_end_not_stored", job=claim.name, error=type(error).__name__)
                await asyncio.sleep(pause)
        return False

    async def _write(self, session: Session, claim: Claim, end: _End | None) -> bool:
        runs = JobRuns(session, self._clock)
        if end is None:
            return await runs.release(claim)
        if end.retry_at is not None:
            return await runs.retry(claim, end.error, end.retry_at)
        if end.state is JobState.SUCCEEDED and self.types[claim.name].is_quiet:
            return await runs.forget(claim)
        if not await runs.end(claim, end.state, error=end.error, result=end.result):
            return False
        if end.state is JobState.FAILED:
            await FailureNews(session, self._clock).tell(
                claim.run_id, claim.name, self.types[claim.name].title, end.error
            )
        return True

    async def store_progress(self, claim: Claim, done: int, total: int, note: str) -> bool:
        """Store and announce how far a run is; False when its lease was lost."""
        async with self._database.transaction() as session:
            if not await JobRuns(session, self._clock).progress(claim, done, total, note):
                return False
        await self._tell(claim, JobState.RUNNING)
        return True

    def is_overdue(self, hold: _Hold) -> bool:
        """Tell whether the lease may have run out meanwhile: the machine slept, say."""
        return self._clock.now() >= hold.lease_until

    async def keep(self) -> None:
        """Prolong the leases of the held runs and notice cancellations, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.timing.look):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                await self.check()
            except SQLAlchemyError as error:
                log.warning("job_leases_not_checked", error=type(error).__name__)

    async def check(self) -> None:
        """Look after the held runs once."""
        if not self._holds:
            return
        held = {run_id: hold.claim.fence for run_id, hold in self._holds.items()}
        async with self._database.snapshot() as session:
            holdings = await JobRuns(session, self._clock).look(held)
        await self._renew({one: held[one] for one in held if one not in holdings.lost})
        now = asyncio.get_running_loop().time()
        for run_id in holdings.lost | holdings.cancelled:
            hold = self._holds.get(run_id)
            if hold is None or hold.claim.fence != held[run_id]:
                continue
            hold.is_lost = run_id in holdings.lost
            hold.is_cancelled = run_id in holdings.cancelled
            if hold.stop_by is None:
                hold.stop_by = now + self.timing.grace
            elif now >= hold.stop_by:
                hold.task.cancel()

    async def _renew(self, held: Mapping[uuid.UUID, int]) -> None:
        """Prolong the leases of which less than two thirds are left."""
        soon = self._clock.now() + self.timing.lease_length * 2 / 3
        due = {one: fence for one, fence in held.items() if self._ends_before(one, soon)}
        if not due:
            return
        until = self._clock.now() + self.timing.lease_length
        async with self._database.transaction() as session:
            await JobRuns(session, self._clock).renew(due, self.timing.lease_length)
        for run_id in due:
            if (hold := self._holds.get(run_id)) is not None:
                hold.lease_until = until

    def _ends_before(self, run_id: uuid.UUID, moment: datetime) -> bool:
        hold = self._holds.get(run_id)
        return hold is not None and hold.lease_until < moment

    async def _tell(self, claim: Claim, state: JobState) -> None:
        if not self.types[claim.name].is_quiet:
            payload = {"id": str(claim.run_id), "name": claim.name, "state": state.value}
            await self._live.publish(TOPIC, payload)


def _spoken(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds >= 60:  # noqa: PLR2004 - a minute
        return f"{seconds / 60:g} minutes"
    return f"{seconds:g} seconds"
