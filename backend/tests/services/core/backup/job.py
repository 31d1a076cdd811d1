"""A run of a job that only notes how far it is."""

import uuid
from dataclasses import dataclass, field

from app.kernel.ids import uuid7
from app.ports.job_engine import JobArguments, JobCancelled


@dataclass
class NotedRun:
    """Implements `JobContext`; stops at the note that it is told."""

    stops_at: str = ""
    notes: list[str] = field(default_factory=list)
    run_id: uuid.UUID = field(default_factory=uuid7)
    arguments: JobArguments = field(default_factory=dict)

    async def progress(self, done: int, total: int, note: str = "") -> None:
        assert 0 <= done <= total
        self.notes.append(note)
        if self.stops_at and self.stops_at in note:
            raise JobCancelled

    async def checkpoint(self) -> None:
        """Go on."""
