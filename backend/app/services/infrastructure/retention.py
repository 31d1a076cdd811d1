"""Drops what happened long ago, each kind of resource after its own time.

The measurements go by `services/core/metrics/retention.py`, after the times of the same table.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Delete, Select, delete, select

from app.kernel.clock import Clock
from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.core.resource import Resource, ResourceKind
from app.models.infrastructure.collection import CollectionRun, StatusChange
from app.models.infrastructure.report import ReportIssue
from app.models.infrastructure.storage_action import StorageAction
from app.models.infrastructure.storage_device import StorageDeviceEvent
from app.services.core.retention import Kept, defaults_of, kept_by_kind

_REPORTS_LAST = timedelta(days=730)


async def forget_old(
    database: Database, clock: Clock, runs_last: timedelta, settings: MetricsPart
) -> int:
    """Drop old runs, changes, events, tests and alerts that are over; return how many rows."""
    now, dropped = clock.now(), 0
    async with database.snapshot() as session:
        kept = await kept_by_kind(session, settings)
    for statement in _statements(now, runs_last, kept, defaults_of(settings)):
        # One transaction each, so that a long deletion does not hold up the collection.
        async with database.transaction() as session:
            result = await session.execute(
                statement, execution_options={"synchronize_session": False}
            )
        dropped += result.rowcount if isinstance(result, CursorResult) else 0
    return dropped


def _statements(
    now: datetime, runs_last: timedelta, kept: Mapping[ResourceKind, Kept], usual: Kept
) -> list[Delete]:
    before = {kind: now - timedelta(days=one.history_days) for kind, one in kept.items()}
    servers, drives = before[ResourceKind.SERVER], before[ResourceKind.STORAGE_DEVICE]
    # The runs are by far the most rows: the setting for jobs may only be made shorter.
    found = [
        delete(CollectionRun).where(CollectionRun.started_at < max(servers, now - runs_last)),
        delete(StatusChange).where(StatusChange.at < servers),
        delete(StorageDeviceEvent).where(StorageDeviceEvent.at < drives),
        delete(ReportIssue).where(ReportIssue.made_at < now - _REPORTS_LAST),
    ]
    found += [
        delete(StorageAction).where(
            StorageAction.ended_at < before[kind],
            StorageAction.resource_id.in_(_resources(Resource.kind == kind.value)),
        )
        for kind in (ResourceKind.STORAGE_DEVICE, ResourceKind.STORAGE_POOL)
    ]
    found += [_alerts(at, Resource.kind == kind.value) for kind, at in before.items()]
    others = Resource.kind.not_in([kind.value for kind in before])
    return [*found, _alerts(now - timedelta(days=usual.history_days), others)]


def _alerts(before: datetime, which: ColumnElement[bool]) -> Delete:
    return delete(Alert).where(
        Alert.state == AlertState.RESOLVED,
        Alert.resolved_at < before,
        Alert.resource_id.in_(_resources(which)),
    )


def _resources(which: ColumnElement[bool]) -> Select[uuid.UUID]:
    return select(Resource.id).where(which)
