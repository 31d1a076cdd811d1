"""Upkeep: the plan of self-tests and scrubs, and the journal of what was started."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.kernel.zones import time_zone
from app.routers.dependencies import PageParameters, PlatformDep, ReadSession
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.upkeep import ActionQuery, ActionRead, PlanRead
from app.services.core.permissions import P
from app.services.infrastructure.upkeep.upkeep_list import UpkeepList

router = APIRouter(prefix="/api/infrastructure/upkeep", tags=["upkeep"])


def _reader(session: ReadSession) -> UpkeepList:
    return UpkeepList(session)


Reader = Annotated[UpkeepList, Depends(_reader)]


@router.get(
    "/plans",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List planned tests and scrubs",
    responses=documented(401, 403, 422),
)
async def list_upkeep_plans(
    platform: PlatformDep, upkeep: Reader, query: PageParameters
) -> Page[PlanRead]:
    """List all schedules, the next one first, and what those wait for that are due."""
    zone = time_zone(platform.settings.jobs.zone)
    return await upkeep.plans(query, platform.clock.now(), zone)


@router.get(
    "/actions",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List started tests and scrubs",
    responses=documented(401, 403, 422),
)
async def list_upkeep_actions(
    upkeep: Reader, query: Annotated[ActionQuery, Query()]
) -> Page[ActionRead]:
    """List what was started on drives and pools, the newest first: the command and its result."""
    return await upkeep.actions(query)
