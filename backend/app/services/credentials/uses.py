"""Who uses a key or a login: read from the topology, since this domain knows no servers.

Whoever logs in with a credential draws an edge of the kind `uses` from itself to it.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import Resource, ResourceEdge

USES = "uses"


async def users_of(session: AsyncSession, resource_id: uuid.UUID) -> Sequence[str]:
    """Return the names of the resources that use this one."""
    return (
        await session.scalars(
            select(Resource.name)
            .join(ResourceEdge, ResourceEdge.source_id == Resource.id)
            .where(ResourceEdge.target_id == resource_id, ResourceEdge.kind == USES)
            .order_by(Resource.name)
        )
    ).all()
