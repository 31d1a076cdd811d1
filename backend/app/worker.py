"""`unity worker`: the clock and the jobs without the API, beside `unity serve --no-jobs`."""

import asyncio
import signal

from app import bootstrap
from app.kernel.config import Settings
from app.kernel.errors import StartRefused
from app.kernel.imports import settle
from app.kernel.logging import get_logger

log = get_logger(__name__)


def require_postgresql(settings: Settings, command: str) -> None:
    """Refuse a command that makes several processes share the database file of SQLite."""
    if bootstrap.database_url(settings).get_backend_name() == "sqlite":
        raise StartRefused(
            f"`{command}` needs PostgreSQL (UNITY_DATABASE__URL);"
            " with SQLite, `unity serve` runs the jobs itself."
        )


async def work(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT; then give the running ones a moment, and leave."""
    require_postgresql(settings, "unity worker")
    unity = await bootstrap.build(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settle()
    async with unity.running():
        log.info("worker_started")
        await stop.wait()
        log.info("worker_stopping")
