"""What machines answered: the overview, facts and runs."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routers.dependencies import PlatformDep, ReadSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.reading import Overview, RunQuery, RunRead, ServerFacts
from app.services.core.permissions import P
from app.services.infrastructure.overview import OverviewReader
from app.services.infrastructure.readings import Readings

router = APIRouter(tags=["overview"])


def _readings(platform: PlatformDep, session: ReadSession) -> Readings:
    return Readings(session, platform.clock, platform.settings.collect.standard_seconds)


def _overview(platform: PlatformDep, session: ReadSession) -> OverviewReader:
    return OverviewReader(session, platform.clock, platform.settings.collect.standard_seconds)


ReadingsDep = Annotated[Readings, Depends(_readings)]
OverviewDep = Annotated[OverviewReader, Depends(_overview)]


@router.get(
    "/api/infrastructure/overview",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show the overview",
    response_model=Overview,
    responses=documented(401, 403) | NOT_MODIFIED,
)
async def get_overview(request: Request, overview: OverviewDep) -> Response:
    """Show what is wrong now, all servers at a glance, and the changes of the last 24 hours."""
    return answer(request, await overview.read())


@router.get(
    "/api/infrastructure/servers/{server_id}/facts",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List a server's facts",
    response_model=ServerFacts,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def list_facts(request: Request, server_id: uuid.UUID, readings: ReadingsDep) -> Response:
    """List every fact with its value, its age, and the trouble with it and the fix."""
    return answer(request, await readings.facts(server_id))


@router.get(
    "/api/infrastructure/servers/{server_id}/runs",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List a server's collection runs",
    responses=documented(401, 403, 404, 422),
)
async def list_collection_runs(
    server_id: uuid.UUID, readings: ReadingsDep, query: Annotated[RunQuery, Query()]
) -> Page[RunRead]:
    """List the cycles with their errors by fact. Sort by `started_at` or `seconds`."""
    return await readings.runs(server_id, query)
