"""An alert engine alone in a process that tests may stop: python -m tests.workers.beating URL.

It makes the rounds of the real one, a second apart as it promises, and tells each on a line.
"""

import asyncio
import sys
from datetime import timedelta

from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.notifications.heartbeats import ENGINE, Heartbeats
from app.services.infrastructure.alarm_sweep import unwatched

EVERY = timedelta(seconds=1)


async def main(url: str) -> None:
    """Work until killed."""
    database, clock = Database(url), SystemClock()
    rounds = AlertRounds(database, clock, AlertEngine(clock), unwatched)
    beats = Heartbeats(database, clock)
    while True:
        await rounds.look()
        await beats.beat(ENGINE, every=EVERY)
        print("round", flush=True)  # noqa: T201 - the test waits for it
        await asyncio.sleep(EVERY.total_seconds() / 2)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
