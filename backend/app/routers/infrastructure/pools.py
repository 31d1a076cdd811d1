"""Pools: ZFS, md, LVM and btrfs on all servers."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.storage_pool import PoolDetail, PoolQuery, PoolRead, PoolSummary
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.infrastructure.pools.pool_list import PoolList

router = APIRouter(prefix="/api/infrastructure/pools", tags=["pools"])


def _reader(session: ReadSession) -> PoolList:
    return PoolList(session)


Reader = Annotated[PoolList, Depends(_reader)]


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List pools",
    response_model=Page[PoolRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_pools(
    request: Request, pools: Reader, query: Annotated[PoolQuery, Query()]
) -> Response:
    """Search pools by name or server.

    Sort by `level` (the worst first), `name`, `server`, `kind`, `size`, `used` or `last_scrub_at`.
    """
    return answer(request, await pools.page(query))


@router.get(
    "/summary",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Count the pools",
    responses=documented(401, 403),
)
async def summarise_pools(pools: Reader) -> PoolSummary:
    """Count the pools by verdict, with their size and use."""
    return await pools.summary()


@router.get(
    "/{pool_id}",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show a pool",
    response_model=PoolDetail,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def get_pool(request: Request, pool_id: uuid.UUID, pools: Reader) -> Response:
    """Show a pool with the tree of its members, and the drives that they lie on."""
    return answer(request, await pools.get(pool_id))


@router.delete(
    "/{pool_id}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget a pool",
    responses=documented(401, 403, 404, 409, 422),
)
async def forget_pool(
    pool_id: uuid.UUID, actor: CurrentActor, platform: PlatformDep, session: WriteSession
) -> None:
    """Forget a pool that was taken away. Nothing is done to its machine."""
    audit = AuditLog(session, platform.clock, platform.audit_key)
    await PoolList(session).forget(actor, pool_id, audit)
