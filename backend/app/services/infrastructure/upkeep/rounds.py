"""The rounds of the planner: starts what is due, tells what is overdue, follows what runs."""

import uuid
from datetime import tzinfo

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.storage_action import ActionKind, ActionState, StorageAction
from app.ports.job_engine import JobArguments, JobEngine
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.infrastructure.server_actions import COLLECT
from app.services.infrastructure.upkeep.conditions import observe_plans
from app.services.infrastructure.upkeep.journal import follow
from app.services.infrastructure.upkeep.planner import Task, due
from app.services.infrastructure.upkeep.plans import plans
from app.services.infrastructure.upkeep.requests import SCRUB, SELF_TEST

_SCHEDULE = "the schedule"


class UpkeepRounds:
    """Alternates: reads the schedules, then queues the starts; the jobs ask the machines."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: JobEngine,
        alerts: AlertEngine,
        zone: tzinfo,
    ) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._alerts = alerts
        self._zone = zone

    async def plan(self) -> tuple[int, list[AlertChange]]:
        """Queue what is due; return how many, and the alerts that changed."""
        now = self._clock.now()
        async with self._database.snapshot() as session:
            found = await plans(session, now)
        tasks = due(found.tasks, found.busy, now, self._zone)
        for task in tasks:
            await self._start(task)
        observations = observe_plans(found, now, self._zone)
        if not observations:
            return len(tasks), []
        async with self._database.transaction() as session:
            return len(tasks), await self._alerts.take(session, observations)

    async def _start(self, task: Task) -> None:
        is_pool = task.kind is ActionKind.SCRUB
        arguments: JobArguments = {
            "pool_id" if is_pool else "device_id": str(task.resource_id),
            "kind": task.kind.value,
            "by": _SCHEDULE,
        }
        await self._jobs.enqueue(
            SCRUB if is_pool else SELF_TEST,
            arguments,
            lock=f"upkeep:{task.resource_id}",
            requested_by=_SCHEDULE,
        )

    async def follow(self) -> int:
        """Have those machines asked on which something should have ended by now."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(StorageAction).where(
                    StorageAction.state == ActionState.RUNNING, StorageAction.look_at <= now
                )
            )
            servers: set[uuid.UUID] = set()
            for row in rows:
                servers.add(row.server_id)
                follow(row, now)
        for server_id in servers:
            await self._jobs.enqueue(
                COLLECT,
                {"server_id": str(server_id)},
                lock=f"collect:{server_id}",
                requested_by="upkeep",
            )
        return len(servers)
