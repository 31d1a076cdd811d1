"""Topology: what stands on what."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routers.dependencies import ReadSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.infrastructure.commands import CommandNames
from app.schemas.infrastructure.topology import TopologyQuery, TopologyRead
from app.services.core.permissions import P
from app.services.infrastructure.topology.commands import AlertCommands
from app.services.infrastructure.topology.picture import TopologyPicture

router = APIRouter(prefix="/api/infrastructure/topology", tags=["topology"])


def _picture(session: ReadSession) -> TopologyPicture:
    return TopologyPicture(session)


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show what stands on what",
    response_model=TopologyRead,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def show_topology(
    request: Request,
    picture: Annotated[TopologyPicture, Depends(_picture)],
    query: Annotated[TopologyQuery, Query()],
) -> Response:
    """Return one server with all that belongs to it, or one thing with what is around it.

    Each thing carries its open alerts, so that a cause stands beside its consequences. At most 300
    things are returned, those with trouble first.
    """
    return answer(request, await picture.read(query))


def _commands(session: ReadSession) -> AlertCommands:
    return AlertCommands(session)


@router.get(
    "/alerts/{alert_id}/commands",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Name what the commands for an alert are about",
    responses=documented(401, 403, 404, 422),
)
async def get_alert_commands(
    alert_id: uuid.UUID, commands: Annotated[AlertCommands, Depends(_commands)]
) -> CommandNames:
    """Return the devices, pools, databases and tools of this very machine for its runbook.

    Each value is quoted for a shell. What is not known is left out.
    """
    return await commands.get(alert_id)
