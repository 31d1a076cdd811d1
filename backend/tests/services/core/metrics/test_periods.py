"""Each kind of resource is kept for its own time, and the others as before."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.errors import InvalidInput
from app.models.core.audit_entry import AuditEntry
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource, ResourceKind
from app.schemas.core.retention import RetentionRead, RetentionWrite
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import system
from app.services.core.retention import RetentionKindNotFound, RetentionService
from tests.services.core.metrics.machine import MIDNIGHT, Store, gauge

pytestmark = pytest.mark.both_engines
DAY = timedelta(days=1)
DISK = (("mountpoint", "/srv"),)


async def set_periods(store: Store, kind: str, **days: int) -> RetentionRead:
    async with store.database.transaction() as session:
        audit = AuditLog(session, ManualClock(MIDNIGHT), Vault(b"k" * 32).subkey(KEY_INFO))
        service = RetentionService(session, ManualClock(MIDNIGHT), audit, store.settings)
        wish = RetentionWrite.model_validate(days)
        return await service.set(system("tests"), ResourceKind(kind), wish)


async def drive_of(store: Store, server: uuid.UUID) -> uuid.UUID:
    made = uuid.uuid4()
    async with store.database.transaction() as session:
        session.add(
            Resource(
                id=made,
                kind="storage_device",
                name="sda",
                server_id=server,
                created_at=MIDNIGHT,
                updated_at=MIDNIGHT,
            )
        )
    return made


async def house(store: Store) -> None:
    """Measure a server, a file system of it and a drive of it, once a day for ten days."""
    server = await store.resource()
    drive = await drive_of(store, server)
    for day in range(10):
        at = MIDNIGHT + day * DAY
        await store.add(server, at, gauge(1), gauge(2, "unity_used", DISK))
        await store.add(drive, at, gauge(3, "smart_temperature"))
    await store.maintain(MIDNIGHT + 10 * DAY)


async def left(store: Store) -> dict[str, int]:
    """Return how many days of samples each metric still has."""
    async with store.database.snapshot() as session:
        rows = await session.execute(
            select(MetricSeries.metric, func.count(MetricChunk.day))
            .outerjoin(MetricChunk, MetricChunk.series_id == MetricSeries.id)
            .group_by(MetricSeries.metric)
        )
        return dict(rows.all())


async def test_each_kind_keeps_its_samples_for_its_own_time(store: Store) -> None:
    store.settings = store.settings.model_copy(update={"raw_days": 30})
    await set_periods(store, "storage_device", raw_days=3)
    await set_periods(store, "filesystem", raw_days=5)
    await house(store)
    assert await left(store) == {"node_load1": 10, "unity_used": 5, "smart_temperature": 3}


async def test_a_kind_may_be_kept_for_longer_than_all_others(store: Store) -> None:
    store.settings = store.settings.model_copy(update={"raw_days": 2})
    await set_periods(store, "storage_device", raw_days=9, five_minute_days=30)
    await house(store)
    assert await left(store) == {"node_load1": 2, "unity_used": 2, "smart_temperature": 9}


async def test_without_periods_of_its_own_every_kind_is_kept_alike(store: Store) -> None:
    await set_periods(store, "server")
    await house(store)
    assert await left(store) == {"node_load1": 7, "unity_used": 7, "smart_temperature": 7}


async def test_wide_values_go_by_their_kind_too(store: Store) -> None:
    await house(store)
    short = dict.fromkeys(("raw_days", "five_minute_days", "hour_days", "day_days"), 1)
    await set_periods(store, "storage_device", **short)
    await store.maintain(MIDNIGHT + 500 * DAY)
    async with store.database.snapshot() as session:
        kept = await session.scalars(
            select(MetricSeries.metric)
            .join(MetricRollup, MetricRollup.series_id == MetricSeries.id)
            .where(MetricRollup.tier == 86_400)
            .distinct()
        )
        assert set(kept) == {"node_load1", "unity_used"}


async def test_a_change_is_shown_audited_and_can_be_taken_back(store: Store) -> None:
    changed = await set_periods(store, "storage_device", hour_days=1000)
    assert (changed.own.hour_days, changed.effective.hour_days) == (1000, 1000)
    assert (changed.own.raw_days, changed.effective.raw_days) == (None, 7)
    assert changed.effective.history_days == 1826, "what befell a drive is kept over its life"
    back = await set_periods(store, "storage_device")
    assert back.effective.hour_days == 400
    async with store.database.snapshot() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.action == "retention.changed")
        )
        assert len(entries.all()) == 2


@pytest.mark.parametrize(
    ("kind", "days", "says"),
    [
        ("server", {"raw_days": 90}, "5-minute values would go after 30 days"),
        ("server", {"day_days": 10}, "daily values would go after 10 days"),
        ("ssh_key", {"raw_days": 3}, "ssh_key has no periods of its own"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    store: Store, kind: str, days: dict[str, int], says: str
) -> None:
    with pytest.raises((InvalidInput, RetentionKindNotFound), match=says):
        await set_periods(store, kind, **days)
