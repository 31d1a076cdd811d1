"""Edges from a server to what it is reached with, so that a key knows the machines it opens."""

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import ResourceEdge
from app.models.infrastructure.monitored_server import MonitoredServer, ServerCredentialUse
from app.services.credentials.uses import USES

REACHED_THROUGH = "reached_through"


async def redraw(session: AsyncSession, server: MonitoredServer) -> None:
    """Make the edges of a server equal to its row; called after each change of its login."""
    further = await session.scalars(
        select(ServerCredentialUse.credential_id).where(ServerCredentialUse.server_id == server.id)
    )
    uses = _present([server.ssh_key_id, server.credential_id, *further])
    wanted = {(target, USES) for target in uses}
    wanted |= {(target, REACHED_THROUGH) for target in _present([server.jump_server_id])}
    await session.execute(
        delete(ResourceEdge).where(
            ResourceEdge.source_id == server.id, ResourceEdge.kind.in_([USES, REACHED_THROUGH])
        )
    )
    session.add_all(
        ResourceEdge(source_id=server.id, target_id=target, kind=kind) for target, kind in wanted
    )
    await session.flush()


def _present(ids: Iterable[uuid.UUID | None]) -> set[uuid.UUID]:
    return {identifier for identifier in ids if identifier is not None}
