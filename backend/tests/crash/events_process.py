"""Announces and dispatches in children that kill themselves: python -m tests.crash.events_process.

Each child makes one change with its announcement, dispatches it to two handlers, and dies by
SIGKILL before its n-th statement or commit. A last child lives and works off what they left.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import event

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.database import Database, Session
from app.kernel.ids import uuid7
from app.services.core.announcements import Announcement
from app.services.core.dispatcher import DispatchTiming, EventDispatcher
from app.services.core.event_queue import EventQueue
from app.services.core.hearing import HeardEvent, Subscription
from app.services.core.outbox import Outbox
from app.services.core.permissions import system
from app.services.core.resources import NewResource, ResourceService

HANDLERS = ("first", "second")
LEASE = timedelta(seconds=0.5)
LANE = uuid7()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Announcement):
    """A change of the tests; all are of one object, so that their order counts."""

    kind: ClassVar[str] = "tests.changed"

    def summary(self) -> str:
        return f"{self.object_name} changed"


async def _note(session: Session, kind: str, name: str) -> None:
    await ResourceService(session, SystemClock()).create(NewResource(uuid7(), kind, name))


def table() -> list[Subscription]:
    """Return handlers that write down what they heard."""

    def row(handler: str) -> Subscription:
        async def hear(session: Session, heard: HeardEvent) -> None:
            await _note(session, handler, heard.told(Changed).object_name)

        return Subscription("tests.*", handler, hear)

    return [row(handler) for handler in HANDLERS]


def _die_before(database: Database, step: int) -> None:
    seen = 0

    def count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for engine in {database.engine, database.read_engine}:
        event.listen(engine.sync_engine, "before_cursor_execute", count)
        event.listen(engine.sync_engine, "commit", count)


def _dispatcher(database: Database) -> EventDispatcher:
    timing = DispatchTiming(lease=LEASE, handler_seconds=5)
    return EventDispatcher(database, SystemClock(), table(), timing=timing)


async def change(url: str, step: int) -> None:
    """Change, announce and dispatch; die before the step, or live when there are fewer."""
    database = Database(url)
    _die_before(database, step)
    async with database.transaction() as session:
        name = f"change {step:03}"
        await _note(session, "change", name)
        told = Changed(object_kind="change", object_id=LANE, object_name=name)
        Outbox(session, SystemClock()).announce(system("tests"), told)
    await _dispatcher(database).dispatch()
    await database.dispose()


async def recover(url: str) -> None:
    """Work off what the dead have left, when their leases have run out."""
    database = Database(url)
    async with asyncio.timeout(20):
        while await _waits(database):
            await _dispatcher(database).dispatch()
            await asyncio.sleep(0.05)
    await database.dispose()


async def _waits(database: Database) -> bool:
    later = ManualClock(SystemClock().now() + 10 * LEASE)
    async with database.snapshot() as session:
        return await EventQueue(session, later).has_work(HANDLERS)


def _in_child(work: Callable[..., Coroutine[None, None, None]], *arguments: str | int) -> int:
    pid = os.fork()
    if pid == 0:
        asyncio.run(work(*arguments))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(url: str, *steps: str) -> None:
    """Run one child for each step, and print how it ended."""
    for step in map(int, steps):
        ended = _in_child(change, url, step)
        sys.stdout.write(f"{step} {ended}\n")
        sys.stdout.flush()
    sys.exit(_in_child(recover, url))


if __name__ == "__main__":
    main(*sys.argv[1:])
