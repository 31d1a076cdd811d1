"""Long work on drives, recorded as intent and done by jobs where the connections are kept."""

import uuid

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.storage_device import StorageDevice
from app.ports.job_engine import Enqueued, JobEngine
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.infrastructure.storage.device_list import DeviceNotFound
from app.services.infrastructure.storage.rows import name_of

SELF_TEST = "self_test"


class DeviceActions:
    """Queues the jobs of drives."""

    def __init__(self, database: Database, clock: Clock, audit_key: bytes, jobs: JobEngine) -> None:
        self._database = database
        self._clock = clock
        self._audit_key = audit_key
        self._jobs = jobs

    async def self_test(self, actor: Actor, device_id: uuid.UUID, kind: str) -> Enqueued:
        """Start a self-test."""
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
                details={"kind": kind},
                resource_id=row.id,
            )
        return await self._jobs.enqueue(
            SELF_TEST,
            {"device_id": str(device_id), "kind": kind},
            lock=f"self_test:{device_id}",
            requested_by=actor.name,
        )
