"""The activity: the events of the outbox, for those who may know of them."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.clock import Clock
from app.kernel.database import ANNOUNCED, Session
from app.kernel.errors import NotFound
from app.models.core.event import Event
from app.models.core.event_delivery import EventDelivery
from app.models.core.resource import Resource
from app.schemas.core.activity import ActivityPage, ActivityQuery, ActivityRead, StuckRead
from app.services.core.permissions import Actor, P
from app.services.core.places import path_of
from app.services.core.queries import contains

# Which right shows which events, by the beginning of their kind. One that is not listed is for
# those who may read the audit log; a test asks for the row of each announcement.
RIGHTS: Mapping[str, P] = {
    "server.": P.SERVERS_READ,
    "host_key.": P.SERVERS_READ,
    "storage.": P.SERVERS_READ,
    "database.": P.SERVERS_READ,
    "ssh_key.": P.CREDENTIALS_READ,
    "credential.": P.CREDENTIALS_READ,
    "certificate.": P.CREDENTIALS_READ,
    "alert.": P.ALERTS_READ,
    "silence.": P.ALERTS_READ,
    "maintenance.": P.ALERTS_READ,
    "notification.": P.ALERTS_READ,
    "job.": P.JOBS_READ,
    "user.": P.USERS_READ,
    "login.": P.USERS_READ,
    "api_token.": P.TOKENS_MANAGE,
    "settings.": P.SETTINGS_MANAGE,
    "backup.": P.BACKUP_MANAGE,
    "unity.": P.SYSTEM_READ,
}
_STUCK_AT_MOST = 200


class StuckNotFound(NotFound):
    """It was handled meanwhile, or is too old."""

    title = "Nothing is stuck under this id"


class Activity:
    """Reads what happened.

    What a person with rights in some groups reaches, the session narrows by `resource_id`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, actor: Actor, query: ActivityQuery) -> ActivityPage:
        """Return the newest events, or those before the last one of a page."""
        wanted = _wanted(query).where(visible_to(actor))
        rows = await self._session.execute(wanted.order_by(Event.id.desc()).limit(query.limit + 1))
        found = [_read(event, resource) for event, resource in rows]
        has_more = len(found) > query.limit
        items = found[: query.limit]
        return ActivityPage(items=items, next=items[-1].id if has_more else None)

    async def stuck(self) -> Sequence[StuckRead]:
        """Return what was parked, the oldest first."""
        rows = await self._session.execute(
            select(EventDelivery, Event)
            .join(Event, Event.id == EventDelivery.event_id)
            .where(EventDelivery.parked_at.is_not(None))
            .order_by(EventDelivery.event_id, EventDelivery.handler)
            .limit(_STUCK_AT_MOST)
        )
        return [
            StuckRead(
                id=owed.id,
                handler=owed.handler,
                attempts=owed.attempts,
                error=owed.error,
                parked_at=owed.parked_at,
                event_at=event.at,
                summary=event.summary,
            )
            for owed, event in rows
        ]


class StuckEvents:
    """Gives parked events another try."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def retry(self, delivery_id: uuid.UUID) -> None:
        """Begin again with all attempts; the dispatcher starts after the commit."""
        owed = await self._session.get(EventDelivery, delivery_id)
        if owed is None or owed.parked_at is None:
            raise StuckNotFound("Nothing is stuck under this id.", fix="Load the list again.")
        await self._session.execute(
            update(EventDelivery)
            .where(EventDelivery.id == delivery_id)
            .values(parked_at=None, attempts=0, next_try_at=self._clock.now(), error="")
        )
        self._session.info[ANNOUNCED] = True


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for the events that the actor's rights show."""
    if actor.may(P.AUDIT_READ):
        return true()
    shown = [Event.kind.startswith(kind) for kind, right in RIGHTS.items() if actor.may(right)]
    return or_(*shown, Event.kind.in_(()))


def _wanted(query: ActivityQuery) -> Select[Event, Resource | None]:
    wanted = select(Event, Resource).outerjoin(Resource, Resource.id == Event.resource_id)
    if query.before is not None:
        wanted = wanted.where(Event.id < query.before)
    if query.kind:
        wanted = wanted.where(Event.kind.startswith(query.kind, autoescape=True))
    for word in query.q.split():
        wanted = wanted.where(contains(Event.summary, word))
    if query.actor_id is not None:
        wanted = wanted.where(Event.actor_id == query.actor_id)
    if query.object_id is not None:
        wanted = wanted.where(Event.object_id == query.object_id)
    if query.resource_id is not None:
        wanted = wanted.where(_is_about(query.resource_id))
    if query.since is not None:
        wanted = wanted.where(Event.at >= query.since)
    if query.until is not None:
        wanted = wanted.where(Event.at < query.until)
    return wanted


def _is_about(resource_id: uuid.UUID) -> ColumnElement[bool]:
    below = select(Resource.id).where(Resource.server_id == resource_id)
    named: InstrumentedAttribute[uuid.UUID | None] = Event.resource_id
    return or_(named == resource_id, Event.object_id == resource_id, named.in_(below))


def _read(event: Event, resource: Resource | None) -> ActivityRead:
    is_gone = event.resource_id is None and event.kind.endswith((".removed", ".deleted"))
    path = None
    if not is_gone:
        path = path_of(
            event.object_kind,
            event.object_id,
            event.object_name,
            server_id=None if resource is None else resource.server_id,
        )
    return ActivityRead(
        id=event.id,
        at=event.at,
        kind=event.kind,
        summary=event.summary,
        actor_kind=event.actor_kind,
        actor_name=event.actor_name,
        actor_id=event.actor_id,
        object_kind=event.object_kind,
        object_id=event.object_id,
        object_name=event.object_name,
        resource_id=event.resource_id,
        path=path,
    )
