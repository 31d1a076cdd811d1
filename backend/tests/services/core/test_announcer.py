"""The bell after a commit: the dispatcher starts and the open pages hear, without any clock."""

import asyncio

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.ports.job_engine import JobContext, JobType
from app.services.core.announcer import DISPATCH, TOPIC, Announcer
from app.services.core.dispatcher import EventDispatcher
from tests.ports.job_kit import Kit, working
from tests.services.core.test_events import Hearer, ring


@pytest.mark.both_engines
async def test_a_commit_starts_the_dispatcher_and_tells_the_open_pages(
    database: Database, clock: ManualClock
) -> None:
    kit, hearer, has_heard = Kit(database), Hearer(), asyncio.Event()

    async def dispatch(_job: JobContext) -> None:
        if await EventDispatcher(database, clock, [hearer.row()]).dispatch():
            has_heard.set()

    engine = kit.engine(JobType(DISPATCH, "Tell", dispatch, is_quiet=True))
    async with kit.live.subscribe({TOPIC}) as pages, working(engine), asyncio.TaskGroup() as group:
        bell = group.create_task(Announcer(database, kit.live, engine).serve())
        await ring(database, clock, ("north", 1))
        async with asyncio.timeout(5):
            assert (await anext(pages)).topic == TOPIC
            await has_heard.wait()
        bell.cancel()
    assert hearer.heard == [("north", 1)]
