"""Topology: what stands on what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routers.dependencies import ReadSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.infrastructure.topology import TopologyQuery, TopologyRead
from app.services.core.permissions import P
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
