"""Ends the alerts of servers whose collection was switched off: nobody looks at them any more."""

import uuid

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.alert import OPEN, Alert
from app.models.core.resource import Resource
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange

_OVER = "{name} is no longer watched"


async def unwatched(session: AsyncSession) -> set[uuid.UUID]:
    """Return the servers that are switched off, and what is found on them."""
    switched_off = select(MonitoredServer.id).where(MonitoredServer.is_enabled.is_(False))
    rows = await session.scalars(
        select(Resource.id).where(
            or_(Resource.id.in_(switched_off), Resource.server_id.in_(switched_off))
        )
    )
    return set(rows)


async def end_unwatched(
    database: Database, clock: Clock, engine: AlertEngine | None = None
) -> list[AlertChange]:
    """Resolve or drop the open alerts of what nobody watches; return what ended."""
    async with database.snapshot() as session:
        off = await unwatched(session)
        if not off:
            return []
        concerned = await session.scalars(
            select(Alert.resource_id)
            .where(Alert.resource_id.in_(off), Alert.state.in_(OPEN))
            .distinct()
        )
        ids = set(concerned)
    if not ids:
        return []
    async with database.transaction() as session:
        return await (engine or AlertEngine(clock)).end(session, _OVER, resource_ids=ids)
