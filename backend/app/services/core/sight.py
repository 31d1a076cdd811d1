"""Which resources an actor may see, for what does not read a table: live events and watches."""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select

from app.kernel import reach
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.models.core.job_run import JobRun
from app.models.core.resource import Resource
from app.ports.live_bus import LiveEvent
from app.services.core.permissions import Actor, P

# Topics without ids: they tell that something about everything has changed, and nothing of it.
_NAMELESS = frozenset({"schedule"})


class Sight:
    """Asks the database what is within the reach of a right."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(
        self, actor: Actor, permission: P, ids: Collection[uuid.UUID]
    ) -> frozenset[uuid.UUID]:
        """Return those of the resources and runs that the actor may see by this right."""
        within = actor.reach(permission)
        if within is None:
            return frozenset(ids)
        with reach.within(within):
            async with self._database.snapshot() as session:
                found = [
                    *await session.scalars(select(Resource.id).where(Resource.id.in_(ids))),
                    *await session.scalars(select(JobRun.id).where(JobRun.id.in_(ids))),
                ]
        return frozenset(found)

    async def cut(self, actor: Actor, permission: P, event: LiveEvent) -> LiveEvent | None:
        """Return the event with what the actor may know of it; None when that is nothing."""
        if not actor.may_somewhere(permission):
            return None
        if actor.reach(permission) is None or event.topic in _NAMELESS:
            return event
        ids = _ids(event.payload)
        seen = {str(one) for one in await self.seen(actor, permission, ids)}
        if not seen:
            return None
        payload: dict[str, JsonValue] = {
            name: [one for one in value if one in seen] if isinstance(value, list) else value
            for name, value in event.payload.items()
        }
        return LiveEvent(event.topic, payload)


def _ids(payload: Mapping[str, JsonValue]) -> set[uuid.UUID]:
    """Read the ids that an event names: `id`, `ids`, and whatever ends in `_id`."""
    values: list[JsonValue] = []
    for name, value in payload.items():
        if name == "id" or name.endswith("_id"):
            values.append(value)
        elif isinstance(value, list):
            values += value
    return {uuid.UUID(value) for value in values if isinstance(value, str) and _is_id(value)}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
