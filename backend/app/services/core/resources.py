"""Resources: every domain's things as the core knows them, and the edges between them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.errors import InvalidInput, NotFound
from app.models.core.resource import (
    Resource,
    ResourceEdge,
    ResourceGroup,
    ResourceGroupMember,
    ResourceTag,
)
from app.schemas.base import Page
from app.schemas.core.resource import EdgeRead, EdgeWrite, ResourceQuery, ResourceRead
from app.services.core.labels import labels_of
from app.services.core.places import path_of
from app.services.core.queries import contains, sorted_by

_SORTS = {
    "name": func.lower(Resource.name),
    "kind": Resource.kind,
    "created_at": Resource.created_at,
}


class ResourceNotFound(NotFound):
    """No resource has this id."""


class EdgeNotFound(NotFound):
    """No edge has this id."""


@dataclass(frozen=True, slots=True)
class NewResource:
    """What a domain says of a thing that it enters."""

    id: uuid.UUID
    kind: str
    name: str
    parent_id: uuid.UUID | None = None
    server_id: uuid.UUID | None = None


class ResourceService:
    """Rows of resources; a domain calls it in the transaction of its own row.

    Nothing is recorded in the audit log here: the domain that writes its row does that.
    """

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def create(self, new: NewResource) -> Resource:
        """Enter the resource of a domain's row, under the same id."""
        now = self._clock.now()
        resource = Resource(
            id=new.id,
            kind=new.kind,
            name=new.name,
            parent_id=new.parent_id,
            server_id=new.server_id,
            created_at=now,
            updated_at=now,
        )
        self._session.add(resource)
        await self._session.flush()
        await self._take_in(resource)
        return resource

    async def _take_in(self, resource: Resource) -> None:
        """Put what somebody with rights in groups enters into these groups, or nobody sees it."""
        within = reach.current.get()
        if within is None or resource.parent_id is not None or resource.server_id is not None:
            return
        self._session.add_all(
            ResourceGroupMember(group_id=group_id, resource_id=resource.id)
            for group_id in sorted(within.groups)
        )
        await self._session.flush()

    async def rename(self, resource_id: uuid.UUID, name: str) -> None:
        """Follow the rename of the domain's row."""
        await self._session.execute(
            update(Resource)
            .where(Resource.id == resource_id)
            .values(name=name, updated_at=self._clock.now())
        )

    async def delete(self, resource_id: uuid.UUID) -> None:
        """Remove the resource, and by the foreign keys all that the core keeps about it."""
        await self._session.execute(delete(Resource).where(Resource.id == resource_id))

    async def get(self, resource_id: uuid.UUID) -> ResourceRead:
        """Return one resource with its tags and groups."""
        resource = await self._session.get(Resource, resource_id)
        if resource is None:
            raise ResourceNotFound("There is no resource with this id.")
        return (await self._read([resource]))[0]

    async def list(self, query: ResourceQuery) -> Page[ResourceRead]:
        """Search names, by kind, tag and group."""
        wanted = self._wanted(query)
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "name", _SORTS, Resource.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ResourceRead](
            items=[*await self._read(rows.all())],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    def _wanted(self, query: ResourceQuery) -> Select[Resource]:
        wanted = select(Resource)
        if query.kind:
            wanted = wanted.where(Resource.kind == query.kind)
        if query.tag:
            wanted = wanted.where(Resource.id.in_(with_tag(query.tag)))
        if query.group:
            wanted = wanted.where(Resource.id.in_(in_group(query.group)))
        if query.q:
            wanted = wanted.where(contains(Resource.name, query.q))
        return wanted

    async def _read(self, resources: Sequence[Resource]) -> Sequence[ResourceRead]:
        labels = await labels_of(self._session, [resource.id for resource in resources])
        return [
            ResourceRead(
                id=resource.id,
                kind=resource.kind,
                name=resource.name,
                parent_id=resource.parent_id,
                server_id=resource.server_id,
                tags=labels.tags(resource.id),
                groups=labels.groups(resource.id),
                maintenance_until=resource.maintenance_until,
                path=path_of(resource.kind, resource.id, server_id=resource.server_id),
            )
            for resource in resources
        ]

    async def link(self, edge: EdgeWrite) -> uuid.UUID:
        """Draw an edge; the same edge twice is one."""
        if edge.source_id == edge.target_id:
            raise InvalidInput("A resource has no edge to itself.")
        found = await self._session.scalars(
            select(Resource.id).where(Resource.id.in_([edge.source_id, edge.target_id]))
        )
        if len(found.all()) != len({edge.source_id, edge.target_id}):
            raise ResourceNotFound("One end of the edge does not exist.")
        existing = await self._session.scalar(
            select(ResourceEdge.id).where(
                ResourceEdge.source_id == edge.source_id,
                ResourceEdge.target_id == edge.target_id,
                ResourceEdge.kind == edge.kind,
            )
        )
        if existing is not None:
            return existing
        row = ResourceEdge(source_id=edge.source_id, target_id=edge.target_id, kind=edge.kind)
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def unlink(self, edge_id: uuid.UUID) -> None:
        """Remove an edge."""
        row = await self._session.get(ResourceEdge, edge_id)
        if row is None:
            raise EdgeNotFound("There is no edge with this id.")
        await self._session.delete(row)

    async def edges(self, resource_id: uuid.UUID) -> Sequence[EdgeRead]:
        """Return the edges that begin or end at a resource."""
        source, target = aliased(Resource), aliased(Resource)
        rows = await self._session.execute(
            select(ResourceEdge, source.name, target.name)
            .join(source, source.id == ResourceEdge.source_id)
            .join(target, target.id == ResourceEdge.target_id)
            .where(
                (ResourceEdge.source_id == resource_id) | (ResourceEdge.target_id == resource_id)
            )
            .order_by(ResourceEdge.kind, target.name)
        )
        return [
            EdgeRead(
                id=edge.id,
                kind=edge.kind,
                source_id=edge.source_id,
                source_name=source_name,
                target_id=edge.target_id,
                target_name=target_name,
            )
            for edge, source_name, target_name in rows
        ]


def with_tag(tag: str) -> Select[uuid.UUID]:
    """Select the ids of the resources with a tag."""
    return select(ResourceTag.resource_id).where(ResourceTag.tag == tag)


def in_group(name: str) -> Select[uuid.UUID]:
    """Select the ids of the resources in the group of a name."""
    return (
        select(ResourceGroupMember.resource_id)
        .join(ResourceGroup, ResourceGroup.id == ResourceGroupMember.group_id)
        .where(ResourceGroup.name == name)
    )
