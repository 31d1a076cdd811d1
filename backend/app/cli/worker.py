"""`unity worker`: runs jobs beside `unity serve --no-jobs`, on PostgreSQL."""

import asyncio

from app import worker
from app.kernel import config, logging, open_files


def work() -> None:
    """Run background jobs; start as many as you like (PostgreSQL only)."""
    settings = config.load()
    logging.configure(settings.log.level, settings.log.style)
    open_files.allow_many()
    asyncio.run(worker.work(settings))
