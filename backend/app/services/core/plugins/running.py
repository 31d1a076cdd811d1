"""Runs instances: when they are due, when somebody asks, and to try a configuration."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.kernel.logging import get_logger
from app.models.core.plugin_instance import PluginInstance
from app.ports.live_bus import LiveBus
from app.ports.plugin_host import CallFailed, PluginCall, PluginHost
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import tell_pages
from app.services.core.platform import AddressOf
from app.services.core.plugins.described import PUSH
from app.services.core.plugins.errors import PluginInstanceNotFound
from app.services.core.plugins.opening import InstanceOpener, OpenInstance
from app.services.core.plugins.storing import Ended, RunStore

RUN = "core.plugins.run"
TOPIC = "plugin"
_AT_ONCE = 32
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a configuration."""

    words: str
    milliseconds: int
    failure: CallFailed | None = None


class PluginRunner:
    """Alternates reading, calling the plugin and writing; no transaction is open meanwhile."""

    def __init__(  # noqa: PLR0913 - the parts that a run needs, all named at the call
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        host: PluginHost,
        *,
        alerts: AlertEngine,
        live: LiveBus,
        address_of: AddressOf,
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._host = host
        self._live = live
        self._address_of = address_of
        self._store = RunStore(clock, alerts)

    async def run_due(self) -> int:
        """Run all that are due, side by side; return how many."""
        due = await self._claim()
        async with asyncio.TaskGroup() as group:
            for instance_id in due:
                group.create_task(self._run_quietly(instance_id))
        return len(due)

    async def run(self, instance_id: uuid.UUID, by: str) -> Mapping[str, JsonValue]:
        """Run one instance now; return what came of it."""
        async with self._database.snapshot() as session:
            opener = InstanceOpener(session, self._clock, self._vault, self._address_of)
            instance = await opener.open(instance_id, "run a plugin")
        ended = await self._call(instance, by)
        async with self._database.transaction() as session:
            changes = await self._store.store(session, ended)
        await self._live.publish(TOPIC, {"id": str(instance_id)})
        await tell_pages(self._live, changes)
        if ended.failure is not None:
            return {"outcome": ended.failure.kind, "detail": ended.failure.detail}
        return {"outcome": "ok", "detail": "" if ended.report is None else ended.report.summary}

    async def try_out(self, call: PluginCall) -> Trial:
        """Check a configuration, and ask what it names."""
        began = time.monotonic()
        try:
            words = await self._host.check(call)
        except CallFailed as error:
            return Trial("", _since(began), error)
        return Trial(words, _since(began))

    async def _run_quietly(self, instance_id: uuid.UUID) -> None:
        try:
            await self.run(instance_id, "schedule")
        except PluginInstanceNotFound:
            """It was deleted since it was claimed."""
        except SQLAlchemyError as error:
            # What cannot be stored of one must not end the runs of the others.
            log.warning(
                "plugin_run_not_stored", instance_id=str(instance_id), error=type(error).__name__
            )

    async def _call(self, instance: OpenInstance, by: str) -> Ended:
        began_at, began = self._clock.now(), time.monotonic()
        start = Ended(instance, began_at, 0, by)
        if instance.problem or not instance.call.origin:
            why = instance.problem or "It has no code of its own: it waits for what is pushed."
            return replace(start, failure=CallFailed("broken", why))
        try:
            brought = await self._host.collect(instance.call)
        except CallFailed as error:
            return replace(start, took_ms=_since(began), failure=error, log=error.log)
        return replace(start, took_ms=_since(began), report=brought.report, log=brought.log)

    async def _claim(self) -> Sequence[uuid.UUID]:
        """Take what is due, by moving its next time: whoever comes second finds it moved."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            rows = await session.execute(
                select(PluginInstance.id, PluginInstance.every_seconds, PluginInstance.next_due_at)
                .where(PluginInstance.is_enabled, PluginInstance.plugin != PUSH)
                .where(PluginInstance.next_due_at <= now)
                .order_by(PluginInstance.next_due_at)
                .limit(_AT_ONCE)
            )
            taken = []
            for instance_id, every, due in rows.all():
                if await _move(session, instance_id, due, now + timedelta(seconds=every)):
                    taken.append(instance_id)
        return taken


async def _move(
    session: AsyncSession, instance_id: uuid.UUID, due: object, following: object
) -> bool:
    moved = await session.execute(
        update(PluginInstance)
        .where(PluginInstance.id == instance_id, PluginInstance.next_due_at == due)
        .values(next_due_at=following)
    )
    return getattr(moved, "rowcount", 0) == 1


def _since(began: float) -> int:
    return round(1000 * (time.monotonic() - began))
