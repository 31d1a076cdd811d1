"""What runs background work: enqueue, lease, fence, history, progress, cancel.

Handlers must be idempotent: after a crash a job is started again, and the fence of the first
start no longer counts.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.kernel.errors import JsonValue

JobArguments = Mapping[str, str | int | bool | None]  # ids and plain values; never secrets


class JobCancelled(Exception):
    """Somebody asked this run to stop; raised by `JobContext.progress` and `checkpoint`."""


class JobFailed(Exception):
    """A handler failed; the text is one paragraph, without secrets, that a person will read.

    The scheduler's guard turns every other exception into this one, so that no engine has to.
    """


class JobContext(Protocol):
    """What a running job may ask of its engine."""

    @property
    def run_id(self) -> uuid.UUID:
        """The id of this run."""
        ...

    @property
    def arguments(self) -> JobArguments:
        """What it was enqueued with."""
        ...

    async def progress(self, done: int, total: int, note: str = "") -> None:
        """Tell how far it is; also a checkpoint."""
        ...

    async def checkpoint(self) -> None:
        """Raise `JobCancelled` when the run was cancelled or its lease was lost."""
        ...


# The result is kept with the run and shown to people: steps with their outcome, never a secret.
JobHandler = Callable[[JobContext], Awaitable[Mapping[str, JsonValue] | None]]


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of work. Runs without a lock of their own share the lock `name`, unless `may_overlap`.

    `attempts` counts failures. A run whose process died is started again in any case, but after
    three deaths it counts as lost, because it may be what kills them.
    """

    name: str
    title: str
    run: JobHandler
    timeout: timedelta = timedelta(minutes=10)
    attempts: int = 1
    retry_after: timedelta = timedelta(seconds=30)  # doubled at each further attempt
    may_overlap: bool = False
    is_quiet: bool = False  # successful runs are not kept in the history (the live collector)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of an enqueue: the run, and whether it had been there before."""

    run_id: uuid.UUID
    is_new: bool


class JobEngine(Protocol):
    """The queue with its workers."""

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
        """Queue one run. The same `key` twice is one run; runs of the same `lock` never overlap."""
        ...

    async def cancel(self, run_id: uuid.UUID) -> bool:
        """Ask a queued or running run to stop; False when it had ended before."""
        ...

    async def nudge(self) -> None:
        """Look at once for what a service has queued or cancelled in its own transaction."""
        ...

    async def work(self) -> None:
        """Run jobs until cancelled; on cancellation, wait for the running ones a short while."""
        ...

    async def recover(self) -> int:
        """Put back runs whose worker died (their lease ran out); return how many."""
        ...
