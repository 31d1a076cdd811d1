"""Ends the alerts of servers whose collection was switched off: nobody looks at them any more."""

from dataclasses import replace

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.alarms import AlarmBook, Observation
from app.services.infrastructure.alarms import RULES

_UNWATCHED = tuple(replace(rule, over="{name} is no longer watched") for rule in RULES)


async def end_unwatched(database: Database, clock: Clock) -> int:
    """Resolve or drop the open alerts of disabled servers; return how many there were."""
    wanted = (
        select(MonitoredServer.id, MonitoredServer.name)
        .join(Alert, Alert.resource_id == MonitoredServer.id)
        .where(
            MonitoredServer.is_enabled.is_(False),
            Alert.state.in_([AlertState.PENDING, AlertState.FIRING]),
        )
        .distinct()
    )
    async with database.snapshot() as session:
        if (await session.execute(wanted)).first() is None:
            return 0
    async with database.transaction() as session:
        observations = [
            Observation(server_id, name, {rule: [] for rule in _UNWATCHED})
            for server_id, name in (await session.execute(wanted)).all()
        ]
        return len(await AlarmBook(session).apply(observations, clock.now()))
