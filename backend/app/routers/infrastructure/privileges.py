"""What root unlocks on a machine, with the sudoers lines for exactly that."""

import uuid

from fastapi import APIRouter

from app.routers.dependencies import ReadSession
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.infrastructure.upkeep import PrivilegesRead
from app.services.core.permissions import P
from app.services.infrastructure.privileges import privileges_of

router = APIRouter(prefix="/api/infrastructure/servers", tags=["servers"])


@router.get(
    "/{server_id}/privileges",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show what root unlocks",
    responses=documented(401, 403, 404, 422),
)
async def show_privileges(server_id: uuid.UUID, session: ReadSession) -> PrivilegesRead:
    """Show what Unity would know and do as root on a server, and the sudoers lines for it.

    The lines that change something are apart from those that only read.
    """
    return await privileges_of(session, server_id)
