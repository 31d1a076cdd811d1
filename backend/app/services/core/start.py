"""Tells the activity that Unity started, and that it is a new version when it is."""

from sqlalchemy import select

from app import __version__
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.event import Event
from app.services.core.events import UnityStarted
from app.services.core.outbox import Outbox
from app.services.core.permissions import system


async def announce_start(database: Database, clock: Clock) -> None:
    """Announce the start; the version before stands in the announcement before."""
    async with database.transaction() as session:
        newest = select(Event.data).where(Event.kind == UnityStarted.kind)
        before = await session.scalar(newest.order_by(Event.id.desc()).limit(1))
        started = UnityStarted(
            object_id=None,
            object_name="Unity",
            version=__version__,
            before=str((before or {}).get("version", "")),
        )
        Outbox(session, clock).announce(system("start"), started)
