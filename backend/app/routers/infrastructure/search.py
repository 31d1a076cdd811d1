"""The global search. It stands in the highest room, because it asks the sources of all below."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.routers.dependencies import ReadSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.search import SearchAnswer, SearchQuery
from app.services.core.permissions import P
from app.services.core.search import Search
from app.services.core.search_sources import CORE_SOURCES
from app.services.infrastructure.search_sources import INFRASTRUCTURE_SOURCES

router = APIRouter(tags=["search"])


def _search(session: ReadSession) -> Search:
    return Search(session, (*INFRASTRUCTURE_SOURCES, *CORE_SOURCES))


@router.get(
    "/api/search",
    dependencies=[requires(P.SYSTEM_READ)],
    summary="Find anything",
    responses=documented(401, 403, 422),
)
async def search_everything(
    search: Annotated[Search, Depends(_search)],
    actor: CurrentActor,
    query: Annotated[SearchQuery, Query()],
) -> SearchAnswer:
    """Find servers, disks, keys, logins, alerts, users, jobs, tags, groups and views by name.

    The best come first: the very name, then its beginning, then the beginning of a word. Only
    what the caller may see is found.
    """
    return await search.find(actor, query)
