"""Tells the activity that a job failed: once an hour, however often it runs and fails."""

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.event import Event
from app.services.core.events import JobFailed
from app.services.core.outbox import Outbox
from app.services.core.permissions import system

_REST = timedelta(hours=1)


class FailureNews:
    """Announces failures, in the transaction that ends the run."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def tell(self, run_id: uuid.UUID, job: str, title: str, error: str) -> None:
        """Announce it unless the same job was announced within the hour."""
        recent = select(Event.id).where(
            Event.kind == JobFailed.kind,
            Event.object_name == title,
            Event.at > self._clock.now() - _REST,
        )
        if await self._session.scalar(recent.limit(1)) is None:
            failed = JobFailed(object_id=run_id, object_name=title, job=job, error=error)
            Outbox(self._session, self._clock).announce(system("jobs"), failed)
