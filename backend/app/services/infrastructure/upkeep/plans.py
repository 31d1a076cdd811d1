"""The schedules of drives and pools with what is known now: for the planner, and for people."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import ResourceEdge
from app.models.infrastructure.storage_action import ActionKind, ActionState, StorageAction
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.pools.ledger import STANDS_ON
from app.services.infrastructure.pools.reasons import NOT_WHOLE
from app.services.infrastructure.storage.rows import name_of
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.upkeep.planner import Task

_AFTER_REFUSAL = timedelta(days=1)
_HOT = frozenset({"temperature", "critical_temperature_flag"})
_IN_DANGER = frozenset({"DEGRADED", "FAULTED", "UNAVAIL", "SUSPENDED", "inactive", "broken"})


@dataclass(frozen=True, slots=True)
class Plans:
    """All schedules, the names of their things, and the machines that are busy."""

    tasks: Sequence[Task]
    names: Mapping[uuid.UUID, str]
    busy: frozenset[uuid.UUID]
    running: frozenset[uuid.UUID]


async def plans(session: AsyncSession, now: datetime) -> Plans:
    """Read what the planner needs; a few queries, however many drives there are."""
    drives = (
        await session.scalars(
            select(StorageDevice).where(
                StorageDevice.state == DeviceState.PRESENT,
                or_(StorageDevice.short_test_days > 0, StorageDevice.long_test_days > 0),
            )
        )
    ).all()
    pools = (await session.scalars(select(StoragePool).where(StoragePool.scrub_days > 0))).all()
    busy, running = await _busy(session)
    below = await _below(session, [row.id for row in pools])
    tasks = [task for row in drives for task in _of_drive(row)]
    tasks += [task_of_pool(row, below.get(row.id, ())) for row in pools]
    refused = await _refused(session, now - _AFTER_REFUSAL)
    tasks = [
        replace(task, obstacle=f"It was refused the last time: {refused[task.resource_id]}")
        if task.resource_id in refused and not task.obstacle
        else task
        for task in tasks
    ]
    names = {row.id: name_of(row) for row in drives} | {row.id: row.name for row in pools}
    return Plans(tasks, names, busy, running)


async def _busy(session: AsyncSession) -> tuple[frozenset[uuid.UUID], frozenset[uuid.UUID]]:
    """Return the machines on which something runs, whoever began it, and what runs."""
    begun = await session.execute(
        select(StorageAction.server_id, StorageAction.resource_id).where(
            StorageAction.state == ActionState.RUNNING
        )
    )
    active = await session.execute(
        select(StoragePool.server_id, StoragePool.id).where(
            StoragePool.activity != "", StoragePool.missing_since.is_(None)
        )
    )
    found = [*begun, *active]
    return frozenset(server for server, _ in found), frozenset(one for _, one in found)


async def _refused(session: AsyncSession, since: datetime) -> dict[uuid.UUID, str]:
    """Return what machines refused of late: asking again at once would only fill their logs."""
    rows = await session.execute(
        select(StorageAction.resource_id, StorageAction.message).where(
            StorageAction.state == ActionState.REFUSED, StorageAction.started_at > since
        )
    )
    return dict(rows.all())


async def _below(
    session: AsyncSession, pool_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[StorageDevice]]:
    """Return the drives that each pool stands on."""
    rows = await session.execute(
        select(ResourceEdge.source_id, StorageDevice)
        .join(StorageDevice, StorageDevice.id == ResourceEdge.target_id)
        .where(ResourceEdge.source_id.in_(pool_ids), ResourceEdge.kind == STANDS_ON)
    )
    found: dict[uuid.UUID, list[StorageDevice]] = {}
    for pool_id, drive in rows:
        found.setdefault(pool_id, []).append(drive)
    return found


def _of_drive(row: StorageDevice) -> list[Task]:
    either = max(filter(None, (row.short_test_at, row.long_test_at)), default=None)
    schedules = (
        (ActionKind.LONG, row.long_test_days, row.long_test_at),
        (ActionKind.SHORT, row.short_test_days, either),
    )
    return [
        Task(row.id, row.server_id, kind, days, last, row.first_seen_at, _drive_obstacle(row))
        for kind, days, last in schedules
        if days
    ]


def _drive_obstacle(row: StorageDevice) -> str:
    if row.read_state == ReadState.STANDBY:
        return "The drive sleeps."
    if row.read_state != ReadState.READ:
        return "The drive could not be read the last time."
    if row.level == Level.FAILING.value:
        return "The drive is failing; a test would only wear it."
    return "The drive is hot." if _is_hot(row) else ""


def _is_hot(row: StorageDevice) -> bool:
    return any(entry["code"] in _HOT for entry in row.reasons)


def task_of_pool(row: StoragePool, drives: Sequence[StorageDevice]) -> Task:
    """Return what is planned for a pool, and what stands in its way."""
    known: list[datetime] = [at for at in (row.last_scrub_at, row.scrub_started_at) if at]
    return Task(
        row.id,
        row.server_id,
        ActionKind.SCRUB,
        row.scrub_days,
        max(known, default=None),
        row.first_seen_at,
        _pool_obstacle(row, drives),
        row.scrub_hour,
    )


def _pool_obstacle(row: StoragePool, drives: Sequence[StorageDevice]) -> str:
    if row.missing_since is not None:
        return "The pool is not there."
    if row.state in _IN_DANGER or _is_not_whole(row):
        return "The pool is not whole: mend it first."
    if row.activity:
        return f"A {row.activity} runs."
    asleep = [drive.name for drive in drives if drive.read_state == ReadState.STANDBY]
    if asleep:
        return f"{', '.join(asleep)} would be woken."
    hot = [drive.name for drive in drives if _is_hot(drive)]
    return f"{', '.join(hot)} is hot." if hot else ""


def _is_not_whole(row: StoragePool) -> bool:
    return any(entry["code"] in NOT_WHOLE for entry in row.reasons)
