"""Pools: ZFS, md, LVM and btrfs on all servers."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.models.infrastructure.storage_action import ActionKind
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.infrastructure.connections import Accept
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.connection import RunAccepted
from app.schemas.infrastructure.storage_pool import (
    PoolDetail,
    PoolQuery,
    PoolRead,
    PoolSummary,
    ScrubSchedule,
    ScrubStart,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.infrastructure.pools.pool_list import PoolList
from app.services.infrastructure.pools.pool_service import PoolService
from app.services.infrastructure.upkeep.requests import UpkeepRequests

router = APIRouter(prefix="/api/infrastructure/pools", tags=["pools"])


def _reader(session: ReadSession) -> PoolList:
    return PoolList(session)


def _service(platform: PlatformDep, session: WriteSession) -> PoolService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return PoolService(session, platform.clock, audit, platform.alerts)


def _written(session: WriteSession) -> PoolList:
    return PoolList(session)


def _requests(platform: PlatformDep) -> UpkeepRequests:
    return UpkeepRequests(platform.database, platform.clock, platform.audit_key, platform.jobs)


Reader = Annotated[PoolList, Depends(_reader)]
Written = Annotated[PoolList, Depends(_written)]  # reads in the writing session
Pools = Annotated[PoolService, Depends(_service)]
Requests = Annotated[UpkeepRequests, Depends(_requests)]


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
async def forget_pool(pool_id: uuid.UUID, actor: CurrentActor, pools: Pools) -> None:
    """Forget a pool that was taken away. Nothing is done to its machine."""
    await pools.forget(actor, pool_id)


@router.put(
    "/{pool_id}/scrub-schedule",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    summary="Schedule scrubs",
    responses=documented(401, 403, 404, 422),
)
async def schedule_scrubs(
    pool_id: uuid.UUID, actor: CurrentActor, pools: Pools, read: Written, schedule: ScrubSchedule
) -> PoolDetail:
    """Say how often a scrub is started; one at a time on a machine, and none that wakes a disk."""
    await pools.schedule(actor, pool_id, schedule)
    return await read.get(pool_id)


@router.post(
    "/{pool_id}/scrubs",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Start or stop a scrub",
    responses=documented(401, 403, 404, 409, 422),
)
async def start_scrub(
    pool_id: uuid.UUID,
    actor: CurrentActor,
    requests: Requests,
    start: ScrubStart,
    accept: Accept,
) -> RunAccepted:
    """Start, pause or stop a scrub now, or the check of an array.

    What came of it stands in the journal, `GET /api/infrastructure/upkeep/actions`.
    """
    return accept(await requests.scrub(actor, pool_id, ActionKind(start.verb.value)))


@router.post(
    "/{pool_id}/acknowledge",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Acknowledge a pool's errors",
    responses=documented(401, 403, 404, 409, 422),
)
async def acknowledge_pool(
    pool_id: uuid.UUID, actor: CurrentActor, pools: Pools, read: Written
) -> PoolDetail:
    """Take the errors that a pool shows as known: they are quiet until they change."""
    await pools.acknowledge(actor, pool_id)
    return await read.get(pool_id)
