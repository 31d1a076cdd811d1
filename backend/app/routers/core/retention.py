"""How long measurements and history of each kind of resource are kept."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.models.core.resource import ResourceKind
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.retention import RetentionRead, RetentionTable, RetentionWrite
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform
from app.services.core.retention import RetentionService

router = APIRouter(prefix="/api/metrics/retention", tags=["metrics"])


def _service(platform: Platform, session: ReadSession) -> RetentionService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return RetentionService(session, platform.clock, audit, platform.settings.metrics)


def _reader(platform: PlatformDep, session: ReadSession) -> RetentionService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> RetentionService:
    return _service(platform, session)


Reader = Annotated[RetentionService, Depends(_reader)]
Writer = Annotated[RetentionService, Depends(_writer)]


@router.get(
    "",
    dependencies=[requires(P.SYSTEM_READ)],
    summary="Show how long things are kept",
    responses=documented(401, 403),
)
async def get_retention(retention: Reader) -> RetentionTable:
    """Show for each kind of resource how many days its measurements and history are kept."""
    return await retention.table()


@router.put(
    "/{kind}",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Change how long a kind is kept",
    responses=documented(401, 403, 404, 422),
)
async def set_retention(
    kind: ResourceKind, wish: RetentionWrite, actor: CurrentActor, retention: Writer
) -> RetentionRead:
    """Enter the periods of one kind. What is past them goes with the next clean-up, for good."""
    return await retention.set(actor, kind, wish)
