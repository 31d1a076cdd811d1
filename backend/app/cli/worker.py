"""`unity worker`: runs jobs beside `unity serve --no-jobs`, on PostgreSQL."""

import asyncio

from app import worker
from app.kernel import config, logging


def work() -> None:
    """Run background jobs; start as many as you like (PostgreSQL only)."""
    settings = config.load()
    logging.configure(settings.log.level, settings.log.style)
    asyncio.run(worker.work(settings))
