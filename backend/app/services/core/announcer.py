"""Rings after a commit that announced something: the open pages look, and the dispatcher starts."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import Database
from app.kernel.logging import get_logger
from app.ports.job_engine import JobEngine
from app.ports.live_bus import LiveBus

log = get_logger(__name__)

DISPATCH = "core.events"  # the job that tells those who listen
TOPIC = "activity"
_REST = 0.25  # a burst of commits rings once


class Announcer:
    """Waits for the commits of this process; without it, the dispatcher's clock still comes by."""

    def __init__(self, database: Database, live: LiveBus, jobs: JobEngine) -> None:
        self._database = database
        self._live = live
        self._jobs = jobs

    async def serve(self) -> None:
        """Ring until cancelled."""
        while True:
            await self._database.announced.wait()
            self._database.announced.clear()
            await self._ring()
            await asyncio.sleep(_REST)

    async def _ring(self) -> None:
        await self._live.publish(TOPIC, {})
        try:
            await self._jobs.enqueue(DISPATCH, requested_by="announcer")
        except SQLAlchemyError as error:
            log.warning("dispatch_not_started", error=type(error).__name__)
