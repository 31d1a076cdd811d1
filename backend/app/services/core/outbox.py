"""The outbox: what happened is written in the transaction of the change, and told afterwards.

A crash after the commit loses nothing, and a change that is rolled back is never told.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import ANNOUNCED
from app.kernel.ids import uuid7
from app.models.core.event import Event
from app.services.core.announcements import Announcement
from app.services.core.permissions import Actor

_NAME_LENGTH, _SUMMARY_LENGTH = 255, 500


class Outbox:
    """Writes announcements, in the caller's transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def announce(self, actor: Actor, told: Announcement) -> None:
        """Queue the announcement; after the commit the dispatcher tells those who listen.

        What is told of one resource, or else of one object, is told in this order.
        """
        event_id = uuid7()
        self._session.info[ANNOUNCED] = True
        self._session.add(
            Event(
                id=event_id,
                kind=told.kind,
                at=self._clock.now(),
                actor_kind=actor.kind.value,
                actor_id=actor.user_id,
                actor_name=actor.name[:_NAME_LENGTH],
                resource_id=told.resource_id,
                object_kind=told.object_kind,
                object_id=told.object_id,
                object_name=told.object_name[:_NAME_LENGTH],
                summary=told.summary()[:_SUMMARY_LENGTH],
                data=told.data(),
                lane=told.resource_id or told.object_id or event_id,
            )
        )
