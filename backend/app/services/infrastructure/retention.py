"""Drops what the collection wrote long ago; the metrics have their own retention."""

from datetime import timedelta

from sqlalchemy import delete

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.infrastructure.collection import CollectionRun, StatusChange

# Few rows, and worth a look back over a year.
_CHANGES_LAST = timedelta(days=400)


async def forget_old(database: Database, clock: Clock, runs_last: timedelta) -> int:
    """Drop old runs, status changes and resolved alerts; return how many rows went."""
    now, dropped = clock.now(), 0
    for statement in (
        delete(CollectionRun).where(CollectionRun.started_at < now - runs_last),
        delete(StatusChange).where(StatusChange.at < now - _CHANGES_LAST),
        delete(Alert).where(
            Alert.state == AlertState.RESOLVED, Alert.resolved_at < now - _CHANGES_LAST
        ),
    ):
        # One transaction each, so that a long deletion does not hold up the collection.
        async with database.transaction() as session:
            result = await session.connection()
            dropped += (await result.execute(statement)).rowcount
    return dropped
