"""How plugins reach a server: the one thing that the core has to ask of this domain for them."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.monitored_server import MonitoredServer


async def address_of(session: AsyncSession, server_id: uuid.UUID) -> str:
    """Return the name or address of a server; nothing for the machine that Unity runs on."""
    row = await session.execute(
        select(MonitoredServer.host, MonitoredServer.is_local).where(
            MonitoredServer.id == server_id
        )
    )
    found = row.one_or_none()
    return "" if found is None or found.is_local else found.host
