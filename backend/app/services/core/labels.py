"""Tags and groups of resources, edited in bulk."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.errors import Conflict, JsonValue, NotFound
from app.kernel.narrowing import BeyondReach
from app.models.core.resource import Resource, ResourceGroup, ResourceGroupMember, ResourceTag
from app.schemas.core.resource import GroupRead, GroupWrite, LabelEdit, TagRead
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor


class GroupNotFound(NotFound):
    """No group has this id."""


class GroupNameTaken(Conflict):
    """Another group has this name."""


class SomeResourcesNotFound(NotFound):
    """At least one of the named resources does not exist; nothing was edited."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The tags and groups of some resources."""

    tags_by_id: dict[uuid.UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    groups_by_id: dict[uuid.UUID, list[str]] = field(default_factory=lambda: defaultdict(list))

    def tags(self, resource_id: uuid.UUID) -> list[str]:
        """Return the tags of one of them, sorted."""
        return self.tags_by_id.get(resource_id, [])

    def groups(self, resource_id: uuid.UUID) -> list[str]:
        """Return the names of the groups of one of them, sorted."""
        return self.groups_by_id.get(resource_id, [])


async def labels_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> Labels:
    """Read the tags and groups of many resources in two queries."""
    labels = Labels()
    if not ids:
        return labels
    tags = await session.execute(
        select(ResourceTag.resource_id, ResourceTag.tag)
        .where(ResourceTag.resource_id.in_(ids))
        .order_by(ResourceTag.tag)
    )
    for resource_id, tag in tags:
        labels.tags_by_id[resource_id].append(tag)
    groups = await session.execute(
        select(ResourceGroupMember.resource_id, ResourceGroup.name)
        .join(ResourceGroup, ResourceGroup.id == ResourceGroupMember.group_id)
        .where(ResourceGroupMember.resource_id.in_(ids))
        .order_by(ResourceGroup.name)
    )
    for resource_id, name in groups:
        labels.groups_by_id[resource_id].append(name)
    return labels


class LabelService:
    """Edits tags and groups; every edit is one audit entry."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def edit(self, actor: Actor, edit: LabelEdit) -> int:
        """Add and remove tags and groups on many resources; all of them, or none."""
        ids = list(dict.fromkeys(edit.ids))
        found = set(await self._session.scalars(select(Resource.id).where(Resource.id.in_(ids))))
        missing = [identifier for identifier in ids if identifier not in found]
        if missing:
            names: list[JsonValue] = [str(identifier) for identifier in missing[:20]]
            raise SomeResourcesNotFound(
                f"{len(missing)} of the {len(ids)} resources do not exist; nothing was edited.",
                fix="Reload the list and select them again.",
                missing=names,
            )
        await self._edit_tags(ids, edit)
        await self._edit_groups(ids, edit)
        await self._refuse_loss(ids)
        await self._audit.record(
            actor,
            "resource.labels_edited",
            kind="resource",
            object_id=ids[0] if len(ids) == 1 else None,
            name=f"{len(ids)} resources",
            details={**edit.model_dump(mode="json")},
            resource_id=ids[0] if len(ids) == 1 else None,
        )
        return len(ids)

    async def replace(
        self,
        resource_id: uuid.UUID,
        *,
        tags: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
    ) -> None:
        """Replace the tags, the groups or both of one resource; the caller records it."""
        edit = LabelEdit(
            ids=[resource_id], add_tags=list(tags or ()), add_groups=list(groups or ())
        )
        if tags is not None:
            await self._session.execute(
                delete(ResourceTag).where(ResourceTag.resource_id == resource_id)
            )
            await self._edit_tags([resource_id], edit)
        if groups is not None:
            await self._session.execute(
                delete(ResourceGroupMember).where(ResourceGroupMember.resource_id == resource_id)
            )
            await self._edit_groups([resource_id], edit)
            await self._refuse_loss([resource_id])

    async def _refuse_loss(self, ids: Sequence[uuid.UUID]) -> None:
        """Keep people with rights in groups from giving away what they would not see again."""
        if reach.current.get() is None:
            return
        seen = await self._session.scalars(select(Resource.id).where(Resource.id.in_(ids)))
        if len(seen.all()) != len(ids):
            raise BeyondReach(
                "It would be in none of your groups any more.",
                fix="Leave it in one of them, or ask somebody whose role counts everywhere.",
            )

    async def _edit_tags(self, ids: Sequence[uuid.UUID], edit: LabelEdit) -> None:
        if edit.remove_tags:
            await self._session.execute(
                delete(ResourceTag).where(
                    ResourceTag.resource_id.in_(ids), ResourceTag.tag.in_(edit.remove_tags)
                )
            )
        for tag in dict.fromkeys(edit.add_tags):
            there = set(
                await self._session.scalars(
                    select(ResourceTag.resource_id).where(
                        ResourceTag.tag == tag, ResourceTag.resource_id.in_(ids)
                    )
                )
            )
            self._session.add_all(
                ResourceTag(resource_id=identifier, tag=tag)
                for identifier in ids
                if identifier not in there
            )
        await self._session.flush()

    async def _edit_groups(self, ids: Sequence[uuid.UUID], edit: LabelEdit) -> None:
        if edit.remove_groups:
            doomed = select(ResourceGroup.id).where(ResourceGroup.name.in_(edit.remove_groups))
            await self._session.execute(
                delete(ResourceGroupMember).where(
                    ResourceGroupMember.resource_id.in_(ids),
                    ResourceGroupMember.group_id.in_(doomed),
                )
            )
        for name in dict.fromkeys(edit.add_groups):
            group = await self._group_named(name)
            there = set(
                await self._session.scalars(
                    select(ResourceGroupMember.resource_id).where(
                        ResourceGroupMember.group_id == group.id,
                        ResourceGroupMember.resource_id.in_(ids),
                    )
                )
            )
            self._session.add_all(
                ResourceGroupMember(group_id=group.id, resource_id=identifier)
                for identifier in ids
                if identifier not in there
            )
        await self._session.flush()

    async def _group_named(self, name: str) -> ResourceGroup:
        group = await self._find(name)
        return await self._add_group(name, "") if group is None else group

    async def _find(self, name: str) -> ResourceGroup | None:
        return (
            await self._session.scalars(select(ResourceGroup).where(ResourceGroup.name == name))
        ).one_or_none()

    async def _add_group(self, name: str, description: str) -> ResourceGroup:
        now = self._clock.now()
        group = ResourceGroup(name=name, description=description, created_at=now, updated_at=now)
        self._session.add(group)
        await self._session.flush()
        return group

    async def tags(self) -> list[TagRead]:
        """Return all tags with how often each is used."""
        rows = await self._session.execute(
            select(ResourceTag.tag, func.count())
            .group_by(ResourceTag.tag)
            .order_by(ResourceTag.tag)
        )
        return [TagRead(tag=tag, count=count) for tag, count in rows]

    async def groups(self) -> list[GroupRead]:
        """Return all groups with how many resources each holds."""
        rows = await self._session.execute(
            select(ResourceGroup, func.count(ResourceGroupMember.id))
            .outerjoin(ResourceGroupMember, ResourceGroupMember.group_id == ResourceGroup.id)
            # The key alone would do for the table, but not for the part of it that somebody sees.
            .group_by(*ResourceGroup.__table__.columns)
            .order_by(func.lower(ResourceGroup.name))
        )
        return [_group_read(group, count) for group, count in rows]

    async def create_group(self, actor: Actor, new: GroupWrite) -> GroupRead:
        """Make an empty group."""
        await self._refuse_taken(new.name, None)
        group = await self._add_group(new.name, new.description)
        await self._record(actor, "group.created", group)
        return _group_read(group, 0)

    async def edit_group(self, actor: Actor, group_id: uuid.UUID, edit: GroupWrite) -> GroupRead:
        """Rename a group or describe it anew."""
        group = await self._get(group_id)
        await self._refuse_taken(edit.name, group_id)
        before = GroupWrite(name=group.name, description=group.description)
        group.name, group.description = edit.name, edit.description
        group.updated_at = self._clock.now()
        details = {"before": before.model_dump(), "after": edit.model_dump()}
        await self._record(actor, "group.edited", group, details)
        count = await self._session.scalar(
            select(func.count()).where(ResourceGroupMember.group_id == group_id)
        )
        return _group_read(group, count or 0)

    async def delete_group(self, actor: Actor, group_id: uuid.UUID) -> None:
        """Remove a group; its members stay."""
        group = await self._get(group_id)
        await self._session.execute(delete(ResourceGroup).where(ResourceGroup.id == group_id))
        await self._record(actor, "group.deleted", group)

    async def _get(self, group_id: uuid.UUID) -> ResourceGroup:
        group = await self._session.get(ResourceGroup, group_id)
        if group is None:
            raise GroupNotFound("There is no group with this id.")
        return group

    async def _refuse_taken(self, name: str, own_id: uuid.UUID | None) -> None:
        other = await self._find(name)
        if other is not None and other.id != own_id:
            raise GroupNameTaken(
                f"There is a group {name!r} already.", fix="Choose another name.", name=name
            )

    async def _record(
        self,
        actor: Actor,
        action: str,
        group: ResourceGroup,
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        await self._audit.record(
            actor, action, kind="group", object_id=group.id, name=group.name, details=details
        )


def _group_read(group: ResourceGroup, count: int) -> GroupRead:
    return GroupRead(id=group.id, name=group.name, description=group.description, count=count)
