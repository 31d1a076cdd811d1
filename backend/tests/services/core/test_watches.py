"""Marks of watched servers: they travel, and end by themselves."""

import asyncio
import uuid
from datetime import timedelta

from app.adapters.live_memory import MemoryLiveBus
from app.kernel.clock import ManualClock
from app.services.core.watches import LASTS, Watches

SERVER = uuid.UUID(int=1)


async def test_a_mark_lasts_half_a_minute_and_can_be_renewed(clock: ManualClock) -> None:
    watches = Watches(MemoryLiveBus(), clock)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(watches.serve())
        await asyncio.sleep(0)
        for _ in range(3):
            await watches.mark(SERVER)
            await asyncio.sleep(0.01)
            clock.advance(LASTS - timedelta(seconds=1))
            assert watches.active() == {SERVER}
        clock.advance(timedelta(seconds=1))
        assert watches.active() == set()
        listening.cancel()


async def test_another_process_hears_the_mark(clock: ManualClock) -> None:
    live = MemoryLiveBus()
    page, collector = Watches(live, clock), Watches(live, clock)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(collector.serve())
        await asyncio.sleep(0)
        await page.mark(SERVER)
        await asyncio.sleep(0.01)
        assert collector.active() == {SERVER}
        listening.cancel()
