"""Routes of notifications, and who would get an alert."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.notification_route import ExplainQuery, Explanation, RouteRead, RouteWrite
from app.services.core.audit import AuditLog
from app.services.core.notifications.routes import RouteService
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["notifications"])


def _service(platform: Platform, session: ReadSession) -> RouteService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return RouteService(session, platform.clock, audit, platform.settings.jobs.zone)


def _reader(platform: PlatformDep, session: ReadSession) -> RouteService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> RouteService:
    return _service(platform, session)


Reader = Annotated[RouteService, Depends(_reader)]
Writer = Annotated[RouteService, Depends(_writer)]
ROUTES = "/api/notifications/routes"


@router.get(
    ROUTES,
    dependencies=[requires(P.ALERTS_READ)],
    summary="List routes",
    responses=documented(401, 403),
)
async def list_notification_routes(routes: Reader) -> Sequence[RouteRead]:
    """List the routes: a tree by `parent_id`, siblings in their order."""
    return await routes.list()


@router.get(
    "/api/notifications/explain",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Say who would get an alert",
    responses=documented(401, 403, 404, 422),
)
async def explain_notification(
    routes: Reader, query: Annotated[ExplainQuery, Query()]
) -> Explanation:
    """Tell which channels an alert would reach, when, and what each route had to say."""
    return await routes.explain(query)


@router.post(
    ROUTES,
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a route",
    responses=documented(401, 403, 422),
)
async def create_notification_route(
    wish: RouteWrite, actor: CurrentActor, routes: Writer
) -> RouteRead:
    """Add a route."""
    return await routes.create(actor, wish)


@router.put(
    ROUTES + "/{route_id}",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    summary="Change a route",
    responses=documented(401, 403, 404, 422),
)
async def edit_notification_route(
    route_id: uuid.UUID, wish: RouteWrite, actor: CurrentActor, routes: Writer
) -> RouteRead:
    """Change a route; alerts that were told stay with the channels that heard them."""
    return await routes.edit(actor, route_id, wish)


@router.delete(
    ROUTES + "/{route_id}",
    dependencies=[requires(P.NOTIFICATIONS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a route",
    responses=documented(401, 403, 404, 422),
)
async def delete_notification_route(
    route_id: uuid.UUID, actor: CurrentActor, routes: Writer
) -> None:
    """Forget a route with all routes below it."""
    await routes.delete(actor, route_id)
