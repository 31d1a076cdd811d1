"""Saved views of lists."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.saved_view import SavedViewCreate, SavedViewEdit, SavedViewRead, ViewPage
from app.services.core.permissions import P
from app.services.core.saved_views import SavedViews

router = APIRouter(prefix="/api/views", tags=["views"])


def _reader(platform: PlatformDep, session: ReadSession) -> SavedViews:
    return SavedViews(session, platform.clock)


def _views(platform: PlatformDep, session: WriteSession) -> SavedViews:
    return SavedViews(session, platform.clock)


ViewReader = Annotated[SavedViews, Depends(_reader)]
Views = Annotated[SavedViews, Depends(_views)]


@router.get(
    "",
    dependencies=[requires(P.SELF)],
    summary="List saved views",
    responses=documented(401, 403, 422),
)
async def list_saved_views(
    views: ViewReader,
    actor: CurrentActor,
    page: Annotated[ViewPage | None, Query(description="Of this list alone.")] = None,
) -> Sequence[SavedViewRead]:
    """List the own views and those that others share, by name."""
    return await views.list(actor, page)


@router.post(
    "",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_201_CREATED,
    summary="Save a view",
    responses=documented(401, 403, 409, 422),
)
async def create_saved_view(
    views: Views, actor: CurrentActor, new: SavedViewCreate
) -> SavedViewRead:
    """Keep the filters of a list under a name. Sharing it needs `resources:manage`."""
    return await views.create(actor, new)


@router.patch(
    "/{view_id}",
    dependencies=[requires(P.SELF)],
    summary="Change a saved view",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_saved_view(
    views: Views, actor: CurrentActor, view_id: uuid.UUID, edit: SavedViewEdit
) -> SavedViewRead:
    """Rename it, give it other filters, or share it. Admins may change what others share."""
    return await views.edit(actor, view_id, edit)


@router.delete(
    "/{view_id}",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a saved view",
    responses=documented(401, 403, 404, 422),
)
async def delete_saved_view(views: Views, actor: CurrentActor, view_id: uuid.UUID) -> None:
    """Forget the own view, or as an admin a shared one."""
    await views.delete(actor, view_id)
