"""Resources of all domains, their tags, groups and edges."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.resource import (
    EdgeRead,
    GroupRead,
    GroupRemoval,
    GroupWrite,
    LabelEdit,
    LabelEditResult,
    ResourceQuery,
    ResourceRead,
    TagRead,
)
from app.services.core.audit import AuditLog
from app.services.core.group_removal import GroupRemovals
from app.services.core.labels import LabelService
from app.services.core.permissions import P
from app.services.core.resources import ResourceService

router = APIRouter(prefix="/api/resources", tags=["resources"])


def _reader(platform: PlatformDep, session: ReadSession) -> ResourceService:
    return ResourceService(session, platform.clock)


def _label_reader(platform: PlatformDep, session: ReadSession) -> LabelService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return LabelService(session, platform.clock, audit)


def _labels(platform: PlatformDep, session: WriteSession) -> LabelService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return LabelService(session, platform.clock, audit)


ResourceReader = Annotated[ResourceService, Depends(_reader)]
LabelReader = Annotated[LabelService, Depends(_label_reader)]
Labels = Annotated[LabelService, Depends(_labels)]


@router.get(
    "",
    dependencies=[requires(P.RESOURCES_READ)],
    summary="List resources",
    responses=documented(401, 403, 422),
)
async def list_resources(
    resources: ResourceReader, query: Annotated[ResourceQuery, Query()]
) -> Page[ResourceRead]:
    """Search everything that Unity knows by name, kind, tag and group."""
    return await resources.list(query)


@router.post(
    "/labels",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    summary="Edit tags and groups of many resources",
    responses=documented(401, 403, 404, 422),
)
async def edit_labels(actor: CurrentActor, labels: Labels, edit: LabelEdit) -> LabelEditResult:
    """Add and remove tags and groups on all named resources, or on none."""
    return LabelEditResult(edited=await labels.edit(actor, edit))


@router.get(
    "/tags",
    dependencies=[requires(P.RESOURCES_READ)],
    summary="List tags",
    responses=documented(401, 403),
)
async def list_tags(labels: LabelReader) -> Sequence[TagRead]:
    """List all tags with how often each is used."""
    return await labels.tags()


@router.get(
    "/groups",
    dependencies=[requires(P.RESOURCES_READ)],
    summary="List groups",
    responses=documented(401, 403),
)
async def list_groups(labels: LabelReader) -> Sequence[GroupRead]:
    """List all groups with how many resources each holds."""
    return await labels.groups()


@router.post(
    "/groups",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Make a group",
    responses=documented(401, 403, 409, 422),
)
async def create_group(actor: CurrentActor, labels: Labels, new: GroupWrite) -> GroupRead:
    """Make an empty group."""
    return await labels.create_group(actor, new)


@router.put(
    "/groups/{group_id}",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    summary="Edit a group",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_group(
    group_id: uuid.UUID, actor: CurrentActor, labels: Labels, edit: GroupWrite
) -> GroupRead:
    """Rename a group or describe it anew."""
    return await labels.edit_group(actor, group_id, edit)


@router.get(
    "/groups/{group_id}/removal",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    summary="What deleting a group would take away",
    responses=documented(401, 403, 404, 422),
)
async def plan_group_removal(group_id: uuid.UUID, session: ReadSession) -> GroupRemoval:
    """Tell what the group holds, who has a role in it, and what names it; nothing is changed."""
    return await GroupRemovals(session).of(group_id)


@router.delete(
    "/groups/{group_id}",
    dependencies=[requires(P.RESOURCES_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a group",
    responses=documented(401, 403, 404, 422),
)
async def delete_group(group_id: uuid.UUID, actor: CurrentActor, labels: Labels) -> None:
    """Delete a group; what it held stays."""
    await labels.delete_group(actor, group_id)


@router.get(
    "/{resource_id}",
    dependencies=[requires(P.RESOURCES_READ)],
    summary="One resource",
    responses=documented(401, 403, 404, 422),
)
async def get_resource(resource_id: uuid.UUID, resources: ResourceReader) -> ResourceRead:
    """Return one resource with its tags and groups."""
    return await resources.get(resource_id)


@router.get(
    "/{resource_id}/edges",
    dependencies=[requires(P.RESOURCES_READ)],
    summary="What a resource hangs together with",
    responses=documented(401, 403, 404, 422),
)
async def list_edges(resource_id: uuid.UUID, resources: ResourceReader) -> Sequence[EdgeRead]:
    """List the edges that begin or end here: a key's edges are the servers that it opens."""
    return await resources.edges(resource_id)
