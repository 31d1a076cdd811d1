"""Keeps stored logins from being led elsewhere by people who were not given them.

Somebody with rights in one group may run a server whose key or password belongs to others. What
decides where that secret is sent, and as whom, is then not theirs to change.
"""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import reach
from app.kernel.narrowing import BeyondReach
from app.models.core.resource import Resource
from app.models.infrastructure.monitored_server import MonitoredServer, ServerCredentialUse

# The fields that say where a login goes, and what it is used for.
LEADS = ("host", "port", "username", "jump_server_id", "sudo")


async def refuse_foreign_login(session: AsyncSession, server: MonitoredServer) -> None:
    """Raise `BeyondReach` unless the request reaches every secret that the server logs in with."""
    if reach.current.get() is None:
        return
    further = await session.scalars(
        select(ServerCredentialUse.credential_id).where(ServerCredentialUse.server_id == server.id)
    )
    secrets = {server.ssh_key_id, server.credential_id, *further} - {None}
    seen = await session.scalars(select(Resource.id).where(Resource.id.in_(secrets)))
    if len(seen.all()) != len(secrets):
        raise BeyondReach(
            f"{server.name} logs in with a key or password that was not given to your groups, so"
            " you cannot change where it is sent.",
            fix="Give the server a login of your groups in the same edit, or ask an administrator.",
        )


async def sudo_login(session: AsyncSession, server_id: uuid.UUID, purpose: str) -> uuid.UUID | None:
    """Return the login that the server has for sudo."""
    return await session.scalar(
        select(ServerCredentialUse.credential_id).where(
            ServerCredentialUse.server_id == server_id, ServerCredentialUse.purpose == purpose
        )
    )
