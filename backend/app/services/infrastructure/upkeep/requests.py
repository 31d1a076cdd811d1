"""What people ask for on drives and pools: recorded as intent, done by jobs."""

import uuid

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.storage_action import ActionKind
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.ports.job_engine import Enqueued, JobEngine
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.infrastructure.pools.pool_list import PoolNotFound
from app.services.infrastructure.pools.scrubs import place_of, pool_commands
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.storage.device_list import DeviceNotFound
from app.services.infrastructure.storage.rows import name_of
from app.services.infrastructure.upkeep.starter import ScrubRefused

SELF_TEST = "self_test"
SCRUB = "scrub"


class UpkeepRequests:
    """Queues the starts of self-tests and scrubs."""

    def __init__(self, database: Database, clock: Clock, audit_key: bytes, jobs: JobEngine) -> None:
        self._database = database
        self._clock = clock
        self._audit_key = audit_key
        self._jobs = jobs

    async def self_test(self, actor: Actor, device_id: uuid.UUID, kind: ActionKind) -> Enqueued:
        """Start a self-test, or end the one that runs."""
        async with self._database.transaction() as session:
            row = await session.get(StorageDevice, device_id)
            if row is None:
                raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
            await AuditLog(session, self._clock, self._audit_key).record(
                actor,
                "device.self_test_requested",
                kind="storage_device",
                object_id=row.id,
                name=name_of(row),
                details={"kind": kind.value},
                resource_id=row.id,
            )
        arguments = {"device_id": str(device_id), "kind": kind.value, "by": actor.name}
        return await self._jobs.enqueue(
            SELF_TEST, arguments, lock=f"upkeep:{device_id}", requested_by=actor.name
        )

    async def scrub(self, actor: Actor, pool_id: uuid.UUID, kind: ActionKind) -> Enqueued:
        """Start, pause or stop a scrub."""
        async with self._database.transaction() as session:
            row = await session.get(StoragePool, pool_id)
            if row is None:
                raise PoolNotFound("There is no pool with this id.", fix="Reload the list.")
            place = place_of(PoolView.model_validate_json(row.detail))
            if not pool_commands(place, kind, sudo=False):
                raise ScrubRefused(place.why_not or f"{row.kind} knows no {kind} of a scrub.")
            await AuditLog(session, self._clock, self._audit_key).record(
                actor,
                "pool.scrub_requested",
                kind="storage_pool",
                object_id=row.id,
                name=row.name,
                details={"kind": kind.value},
                resource_id=row.id,
            )
        arguments = {"pool_id": str(pool_id), "kind": kind.value, "by": actor.name}
        return await self._jobs.enqueue(
            SCRUB, arguments, lock=f"upkeep:{pool_id}", requested_by=actor.name
        )
