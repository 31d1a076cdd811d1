"""Which self-test or scrub is to begin now. Pure: the schedules, what runs, and the time.

On one machine only one of them runs at a time: two slow each other down, and a scrub that reads a
disk which tests itself makes both last for days.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.models.infrastructure.storage_action import ActionKind

# A night. Who names an hour does not want it to begin in the morning because others went first.
WINDOW_HOURS = 6
_SLACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Task:
    """One schedule of one thing, with what is known of it now."""

    resource_id: uuid.UUID
    server_id: uuid.UUID
    kind: ActionKind
    days: int
    last_at: datetime | None
    since: datetime  # when Unity first saw it
    obstacle: str = ""  # why it cannot begin now: asleep, hot, failing, not whole
    hour: int | None = None

    @property
    def due_at(self) -> datetime:
        """When it should begin.

        What was never done is spread over its first interval by its own id, so that a shelf of
        new drives does not become due at one moment.
        """
        interval = timedelta(days=self.days)
        if self.last_at is not None:
            return self.last_at + interval
        return self.since + interval * ((self.resource_id.int % 1000) / 1000)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it has waited for longer than can be a busy week."""
        return now - self.due_at > _SLACK


def due(
    tasks: Sequence[Task], busy: Collection[uuid.UUID], now: datetime, zone: tzinfo
) -> list[Task]:
    """Return what to begin now: on each machine one thing, the longest overdue first.

    `busy` are the machines on which a test, a scrub or a rebuild runs. A long test that is due
    stands for the short one of its drive.
    """
    taken = set(busy)
    found: list[Task] = []
    for task in sorted(_ripe(tasks, now), key=lambda one: (one.due_at, one.resource_id)):
        if task.server_id not in taken and not wait(task, frozenset(), now, zone):
            taken.add(task.server_id)
            found.append(task)
    return found


def wait(task: Task, busy: Collection[uuid.UUID], now: datetime, zone: tzinfo) -> str:
    """Say why a task that is due does not begin; nothing when it does."""
    if task.obstacle:
        return task.obstacle
    if task.server_id in busy:
        return "Another test, scrub or rebuild runs on the machine."
    if task.hour is not None:
        since = (now.astimezone(zone).hour - task.hour) % 24
        if since >= WINDOW_HOURS:
            return f"It begins between {task.hour}:00 and {(task.hour + WINDOW_HOURS) % 24}:00."
    return ""


def _ripe(tasks: Sequence[Task], now: datetime) -> list[Task]:
    ripe = [task for task in tasks if task.days and task.due_at <= now]
    long = {task.resource_id for task in ripe if task.kind is ActionKind.LONG}
    return [
        task for task in ripe if task.kind is not ActionKind.SHORT or task.resource_id not in long
    ]
