"""What people say about pools: when they are scrubbed, and which errors are known."""

import uuid
from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, JsonValue
from app.models.core.resource import Resource
from app.models.infrastructure.storage_pool import StoragePool
from app.schemas.infrastructure.storage_pool import ScrubSchedule
from app.services.core.alerts.engine import AlertEngine
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.infrastructure.pools.conditions import observe_pool
from app.services.infrastructure.pools.pool_list import PoolNotFound
from app.services.infrastructure.pools.verdicts import judge_pool
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.pools.write import kept_of, write_reasons

# What has happened and stays as it is; a state is mended, and a scrub is run.
ACKNOWLEDGEABLE = frozenset({"errors", "snapshots"})


_FORGOTTEN = "{name} was forgotten"


class PoolStillThere(Conflict):
    """A pool that its machine still shows cannot be forgotten."""


class NothingToAcknowledgeInPool(Conflict):
    """The pool shows no errors, or they are acknowledged already."""


class PoolService:
    """Writes what people say, in one transaction; the alerts follow at once."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, alerts: AlertEngine
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._alerts = alerts

    async def schedule(self, actor: Actor, pool_id: uuid.UUID, schedule: ScrubSchedule) -> None:
        """Say how often scrubs are started."""
        row = await self._get(pool_id)
        row.scrub_days, row.scrub_hour = schedule.days, schedule.hour
        await self._judged(row)
        await self._record(actor, "storage_pool.scrubs_scheduled", row, schedule.model_dump())

    async def acknowledge(self, actor: Actor, pool_id: uuid.UUID) -> None:
        """Take the errors as known, by their very words: they are quiet until they change."""
        row = await self._get(pool_id)
        errors = [entry for entry in row.reasons if entry.get("topic") in ACKNOWLEDGEABLE]
        new = [one for one in errors if not one.get("is_acknowledged")]
        if not new:
            raise NothingToAcknowledgeInPool(
                f"There is nothing to acknowledge of {row.name}.", fix="Reload the page."
            )
        at = self._clock.now().isoformat()
        row.acknowledged = {
            one["message"]: {"code": one["code"], "by": actor.name, "at": at} for one in errors
        }
        await self._judged(row)
        said: dict[str, JsonValue] = {one["code"]: one["message"] for one in new}
        await self._record(actor, "storage_pool.acknowledged", row, said)

    async def forget(self, actor: Actor, pool_id: uuid.UUID) -> None:
        """Forget a pool that was taken away; one that is still shown would come back.

        Its alerts end before they go with it: whoever was told of them is told that, too.
        """
        row = await self._get(pool_id)
        if row.missing_since is None:
            raise PoolStillThere(
                f"The pool {row.name} is still there.",
                fix="Export or stop it on its machine first; then it can be forgotten here.",
            )
        await self._alerts.end(self._session, _FORGOTTEN, resource_ids=[pool_id])
        name, server_id = row.name, row.server_id
        await self._session.execute(delete(StoragePool).where(StoragePool.id == pool_id))
        await self._session.execute(delete(Resource).where(Resource.id == pool_id))
        await self._audit.record(
            actor,
            "storage_pool.forgotten",
            kind="storage_pool",
            object_id=pool_id,
            name=name,
            resource_id=server_id,
        )

    async def _get(self, pool_id: uuid.UUID) -> StoragePool:
        row = await self._session.get(StoragePool, pool_id)
        if row is None:
            raise PoolNotFound("There is no pool with this id.", fix="Reload the list.")
        return row

    async def _judged(self, row: StoragePool) -> None:
        now = self._clock.now()
        row.updated_at = now
        if row.missing_since is not None:
            return
        reasons = judge_pool(PoolView.model_validate_json(row.detail), now, kept_of(row))
        loud = write_reasons(row, reasons, now)
        await self._session.flush()
        await self._alerts.take(self._session, [observe_pool(row.id, row.name, loud)])

    async def _record(
        self, actor: Actor, action: str, row: StoragePool, details: Mapping[str, JsonValue]
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="storage_pool",
            object_id=row.id,
            name=row.name,
            details=details,
            resource_id=row.id,
        )
