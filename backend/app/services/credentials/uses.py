"""Who uses a key or a login: read from the topology, since this domain knows no servers.

Whoever logs in with a credential draws an edge of the kind `uses` from itself to it.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.narrowing import BeyondReach, whole
from app.models.core.resource import Resource, ResourceEdge
from app.models.credentials.ssh_key import SSHKeyDeployment

USES = "uses"


async def refuse_foreign_use(session: AsyncSession, resource_id: uuid.UUID) -> None:
    """Raise `BeyondReach` when something that the request does not reach uses this, too."""
    links = select(ResourceEdge.source_id).where(
        ResourceEdge.target_id == resource_id, ResourceEdge.kind == USES
    )
    installed = select(SSHKeyDeployment.resource_id).where(
        SSHKeyDeployment.ssh_key_id == resource_id
    )
    for statement in (links, installed):
        users = set(await session.scalars(whole(statement)))
        seen = await session.scalars(select(Resource.id).where(Resource.id.in_(users)))
        if len(seen.all()) != len(users):
            raise BeyondReach(
                "It is also used outside of the groups that your rights are for.",
                fix="Ask somebody whose role counts everywhere, or store another one.",
            )


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


def uses_of(resource_id: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[int]:
    """Return how many resources use that of each row."""
    uses = (
        select(func.count(ResourceEdge.id))
        .where(ResourceEdge.target_id == resource_id, ResourceEdge.kind == USES)
        .correlate(resource_id.class_)
        .scalar_subquery()
    )
    return func.coalesce(uses, 0)
