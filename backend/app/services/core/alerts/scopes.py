"""Which resources a rule is about: looked up only for what is about to alarm."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import Resource, ResourceGroupMember, ResourceTag
from app.schemas.core.alert_rule import Scope
from app.services.core.alerts.instances import Kept
from app.services.core.alerts.looks import Look
from app.services.core.alerts.machine import Verdict


@dataclass(slots=True)
class Place:
    """A resource with its server, and the tags and groups of both."""

    own: set[uuid.UUID] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    groups: set[uuid.UUID] = field(default_factory=set)


def is_in(scope: Scope, place: Place) -> bool:
    """Tell whether a scope holds a resource: by itself, by its server, a tag or a group."""
    if scope.is_everything:
        return True
    return bool(
        place.own & set(scope.servers)
        or place.tags & set(scope.tags)
        or place.groups & set(scope.groups)
    )


async def read_places(
    session: AsyncSession, resource_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Place]:
    """Return where resources belong: three statements."""
    rows = (
        await session.execute(
            select(Resource.id, Resource.server_id).where(Resource.id.in_(resource_ids))
        )
    ).all()
    places = {row.id: Place({row.id} | ({row.server_id} - {None})) for row in rows}
    everyone = {each for place in places.values() for each in place.own}
    tags: dict[uuid.UUID, set[str]] = defaultdict(set)
    for resource_id, tag in await session.execute(
        select(ResourceTag.resource_id, ResourceTag.tag).where(
            ResourceTag.resource_id.in_(everyone)
        )
    ):
        tags[resource_id].add(tag)
    groups: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for resource_id, group_id in await session.execute(
        select(ResourceGroupMember.resource_id, ResourceGroupMember.group_id).where(
            ResourceGroupMember.resource_id.in_(everyone)
        )
    ):
        groups[resource_id].add(group_id)
    for place in places.values():
        for each in place.own:
            place.tags |= tags[each]
            place.groups |= groups[each]
    return places


async def in_scope(
    session: AsyncSession, looks: Sequence[Look], opened: Mapping[str, Kept]
) -> list[Look]:
    """Leave out what a rule is not about; what is open there and left the scope is over."""
    scoped = {look.resource_id for look in looks if not look.rule.scope.is_everything}
    if not scoped:
        return list(looks)
    places = await read_places(session, scoped)
    kept: list[Look] = []
    for look in looks:
        place = places.get(look.resource_id, Place())
        if is_in(look.rule.scope, place):
            kept.append(look)
        elif look.fingerprint in opened:
            kept.append(replace(look, verdict=Verdict.GONE, message=""))
    return kept
