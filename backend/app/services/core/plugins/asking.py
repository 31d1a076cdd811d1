"""Queues the work that people ask for: a run now, a look for new plugins."""

import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.plugin_instance import PluginInstance
from app.ports.job_engine import JobType
from app.services.core.audit import AuditLog
from app.services.core.job_runs import JobRuns
from app.services.core.permissions import Actor
from app.services.core.plugins.catalog import SCAN
from app.services.core.plugins.described import PUSH
from app.services.core.plugins.errors import PluginInstanceNotFound, PluginNotReady
from app.services.core.plugins.running import RUN


class PluginRequests:
    """In the caller's transaction; nudge the engine after the commit."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, types: Mapping[str, JobType]
    ) -> None:
        self._session = session
        self._audit = audit
        self._types = types
        self._runs = JobRuns(session, clock)

    async def run(self, actor: Actor, instance_id: uuid.UUID) -> uuid.UUID:
        """Queue a run of an instance, also of one that is switched off; return its id."""
        row = await self._session.get(PluginInstance, instance_id)
        if row is None:
            raise PluginInstanceNotFound("There is no instance with this id.")
        if row.plugin == PUSH:
            raise PluginNotReady(
                f"{row.name} does not run here: a program of yours pushes to it.",
                fix="Let the program push.",
            )
        queued = await self._runs.add(
            self._types[RUN],
            {"resource_id": str(instance_id), "by": actor.name},
            lock=f"plugin:{instance_id}",
            requested_by=actor.name,
        )
        await self._session.flush()
        await self._audit.record(
            actor,
            "plugin_instance.run",
            kind="plugin_instance",
            object_id=instance_id,
            name=row.name,
            resource_id=instance_id,
            details={"run_id": str(queued.run_id)},
        )
        return queued.run_id

    async def scan(self, actor: Actor) -> uuid.UUID:
        """Queue a look for plugins; return the id of the run."""
        queued = await self._runs.add(self._types[SCAN], requested_by=actor.name)
        await self._session.flush()
        await self._audit.record(
            actor,
            "job.started",
            kind="job",
            object_id=None,
            name=SCAN,
            details={"run_id": str(queued.run_id)},
        )
        return queued.run_id
