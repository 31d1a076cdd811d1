"""Sealing, roll-ups and retention: nothing is lost, doubled or kept for ever."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.kernel.config import MetricsPart
from app.models.base import Base
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_head import MetricHead
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.sealing import ROWS_BEFORE_SEALING, Sealer, Unit
from tests.services.core.metrics.machine import CPU, FIVE, MIDNIGHT, Store, gauge

pytestmark = pytest.mark.both_engines
DAY = timedelta(days=1)
TEN = timedelta(seconds=10)


async def count(store: Store, model: type[Base]) -> int:
    async with store.database.snapshot() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def tiers(store: Store) -> set[int]:
    async with store.database.snapshot() as session:
        return set(await session.scalars(select(MetricRollup.tier)))


async def test_a_closed_day_is_sealed_and_reads_as_before(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    before = await store.values(nas, MIDNIGHT, MIDNIGHT + DAY)
    report = await store.maintain(MIDNIGHT + DAY + timedelta(hours=1))
    assert report.sealed_rows == 288
    assert await count(store, MetricHead) == 0
    assert await store.values(nas, MIDNIGHT, MIDNIGHT + DAY) == before
    assert len(before) == 288


async def test_the_open_day_stays_open_for_hours(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 60)
    assert (await store.maintain(MIDNIGHT + timedelta(hours=5))).sealed_rows == 0
    assert (await store.maintain(MIDNIGHT + timedelta(hours=6))).sealed_rows == 60
    await store.fill(nas, MIDNIGHT + 60 * FIVE, 40)
    assert len(await store.values(nas, MIDNIGHT, MIDNIGHT + DAY)) == 100


async def test_a_day_of_many_rows_is_sealed_while_it_lasts(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, ROWS_BEFORE_SEALING + 40, TEN)
    report = await store.maintain(MIDNIGHT + timedelta(hours=2))
    assert report.sealed_rows == ROWS_BEFORE_SEALING + 40
    await store.fill(nas, MIDNIGHT + timedelta(hours=2), 10, TEN)
    values = await store.values(nas, MIDNIGHT, MIDNIGHT + timedelta(hours=3))
    assert len(values) == 69
    result = await store.query([nas], MIDNIGHT, MIDNIGHT + DAY, points=24)
    assert result.tier == "1h"
    (line,) = result.lines
    assert line.greatest[0] == 99.0
    assert line.greatest[2] == 9.0


async def test_running_again_changes_nothing(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    now = MIDNIGHT + 2 * DAY
    await store.maintain(now)
    before = await store.values(nas, MIDNIGHT, MIDNIGHT + DAY)
    assert await store.maintain(now) == await store.maintain(now)
    assert await store.values(nas, MIDNIGHT, MIDNIGHT + DAY) == before


async def test_a_late_sample_opens_its_day_again(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    await store.maintain(MIDNIGHT + 2 * DAY)
    await store.add(nas, MIDNIGHT + timedelta(hours=1, seconds=7), gauge(5000.0))
    for sealed in (False, True):
        if sealed:
            await store.maintain(MIDNIGHT + 2 * DAY)
            assert await count(store, MetricHead) == 0
        result = await store.query([nas], MIDNIGHT, MIDNIGHT + DAY, points=24)
        assert (result.tier, result.lines[0].greatest[1]) == ("1h", 5000.0), sealed
        raw = await store.query([nas], MIDNIGHT, MIDNIGHT + timedelta(hours=4))
        assert raw.tier == "raw"
        assert 5000.0 in raw.lines[0].greatest


async def test_two_sealers_at_once_write_once(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 200)
    unit = Unit(nas, int(MIDNIGHT.timestamp()) // 86_400)
    sealers = [Sealer(store.database) for _ in range(3)]
    taken = await asyncio.gather(*(sealer.seal(unit) for sealer in sealers))
    assert sorted(taken) == [0, 0, 200]
    assert len(await store.values(nas, MIDNIGHT, MIDNIGHT + DAY)) == 200


async def test_samples_that_come_while_a_day_is_sealed_are_kept(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 100)
    async with asyncio.TaskGroup() as group:
        group.create_task(store.maintain(MIDNIGHT + 2 * DAY))
        group.create_task(store.fill(nas, MIDNIGHT + 100 * FIVE, 100))
    await store.maintain(MIDNIGHT + 2 * DAY)
    assert len(await store.values(nas, MIDNIGHT, MIDNIGHT + DAY)) == 200


async def test_the_five_minute_tier_is_left_out_where_it_saves_nothing(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    await store.maintain(MIDNIGHT + 2 * DAY)
    assert await tiers(store) == {3600, 86_400}
    pi = await store.resource("pi")
    await store.fill(pi, MIDNIGHT, 1000, TEN)
    await store.maintain(MIDNIGHT + 2 * DAY)
    assert await tiers(store) == {300, 3600, 86_400}


async def test_each_tier_goes_when_its_time_is_over(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 700, timedelta(minutes=1))
    await store.maintain(MIDNIGHT + DAY * 1.1)
    expected = [
        (7, True, {300, 3600, 86_400}),
        (9, False, {300, 3600, 86_400}),
        (32, False, {3600, 86_400}),
        (400 + 33, False, {86_400}),
        (1826 + 368, False, set()),
    ]
    for days, has_raw, kept in expected:
        await store.maintain(MIDNIGHT + days * DAY)
        assert (await count(store, MetricChunk) > 0, await tiers(store)) == (has_raw, kept), days


async def test_after_a_long_pause_old_days_are_rolled_up_before_they_go(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    await store.maintain(MIDNIGHT + 20 * DAY)
    assert await count(store, MetricChunk) == 0
    result = await store.query([nas], MIDNIGHT, MIDNIGHT + DAY)
    assert (result.tier, result.step) == ("1h", 3600)
    assert result.lines[0].least[:2] == [0.0, 12.0]


async def test_a_sample_later_than_raw_samples_are_kept_is_dropped(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    await store.maintain(MIDNIGHT + 20 * DAY)
    await store.add(nas, MIDNIGHT + FIVE, gauge(5000.0))
    for _ in range(2):
        result = await store.query([nas], MIDNIGHT, MIDNIGHT + DAY, points=10)
        assert max(value for value in result.lines[0].greatest if value is not None) == 99.0
        await store.maintain(MIDNIGHT + 20 * DAY)
    assert await count(store, MetricHead) == 0


async def test_series_that_come_no_more_are_forgotten_and_then_deleted(store: Store) -> None:
    nas = await store.resource()
    store.settings = MetricsPart(raw_days=1, five_minute_days=1, hour_days=1, day_days=1)
    await store.add(nas, MIDNIGHT, gauge(1.0), gauge(1.0, "unplugged"))
    await store.maintain(MIDNIGHT + DAY * 1.5)
    assert await latest(store, nas) == {CPU, "unplugged"}
    far = MIDNIGHT + 800 * DAY
    await store.add(nas, far, gauge(2.0))
    await store.maintain(far)
    assert await latest(store, nas) == {CPU}
    assert await count(store, MetricSeries) == 1
    await store.add(nas, far + FIVE, gauge(2.0), gauge(2.0, "unplugged"))
    assert await latest(store, nas) == {CPU, "unplugged"}


async def latest(store: Store, resource_id: UUID) -> set[str]:
    async with store.database.snapshot() as session:
        found = await MetricReader(session).latest([resource_id])
    return {each.series.metric for each in found}


async def test_an_interval_that_became_shorter_is_noticed(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 2, timedelta(hours=1))
    await store.fill(nas, MIDNIGHT + DAY, 280)
    await store.maintain(MIDNIGHT + 3 * DAY)
    async with store.database.snapshot() as session:
        (name,) = await MetricReader(session).list_series(nas)
    assert name.interval == 300


async def test_days_are_those_of_utc_whatever_the_clocks_do(store: Store) -> None:
    nas = await store.resource()
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)  # Europe changes its clocks the next night
    await store.fill(nas, start, 288)
    await store.maintain(start + 3 * DAY)
    values = await store.values(nas, start, start + DAY)
    assert list(values) == [int(start.timestamp()) + 300 * n for n in range(288)]
