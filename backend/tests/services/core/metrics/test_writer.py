"""The way in: rates, order, refusals, several writers."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, event, func, select

from app.kernel.ids import uuid7
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_head import MetricHead
from app.models.core.metric_series import MetricSeries
from app.models.core.metric_state import MetricState
from app.models.core.resource import Resource
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.series import MOST_SERIES, SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.services.core.metrics.machine import BYTES, FIVE, MIDNIGHT, Store, counter, gauge

pytestmark = pytest.mark.both_engines


async def test_a_counter_becomes_a_rate_from_its_second_reading(store: Store) -> None:
    nas = await store.resource()
    assert await store.add(nas, MIDNIGHT, counter(1000)) == []
    (point,) = await store.add(nas, MIDNIGHT + FIVE, counter(4000))
    assert (point.metric, point.value) == (BYTES, 10.0)
    async with store.database.snapshot() as session:
        (name,) = await MetricReader(session).list_series(nas)
    assert (name.kind, name.unit) == ("rate", "B per second")


async def test_a_counter_that_was_reset_has_no_rate_until_the_next_reading(store: Store) -> None:
    nas = await store.resource()
    await store.add(nas, MIDNIGHT, counter(5000))
    assert await store.add(nas, MIDNIGHT + FIVE, counter(30)) == []
    (point,) = await store.add(nas, MIDNIGHT + 2 * FIVE, counter(330))
    assert point.value == 1.0


async def test_a_gap_of_more_than_two_intervals_gives_no_rate(store: Store) -> None:
    nas = await store.resource()
    await store.add(nas, MIDNIGHT, counter(0))
    (point,) = await store.add(nas, MIDNIGHT + 2 * FIVE, counter(600))
    assert point.value == 1.0
    assert await store.add(nas, MIDNIGHT + 5 * FIVE, counter(900)) == []


async def test_watching_a_machine_more_often_makes_no_gap_and_neither_does_stopping(
    store: Store,
) -> None:
    nas = await store.resource()
    ten = timedelta(seconds=10)
    await store.add(nas, MIDNIGHT, counter(0))
    await store.add(nas, MIDNIGHT + FIVE, counter(300))
    (live,) = await store.add(nas, MIDNIGHT + FIVE + 5 * ten, counter(400), every=ten)
    assert live.value == 2.0
    (standard,) = await store.add(nas, MIDNIGHT + 2 * FIVE, counter(650))
    assert standard.value == 1.0


async def test_a_slower_interval_is_believed_when_it_comes_true(store: Store) -> None:
    nas = await store.resource()
    hour = timedelta(hours=1)
    await store.add(nas, MIDNIGHT, counter(0))
    (point,) = await store.add(nas, MIDNIGHT + hour, counter(3600), every=hour)
    assert point.value == 1.0


async def test_rates_go_on_after_a_restart(store: Store) -> None:
    nas = await store.resource()
    await store.add(nas, MIDNIGHT, counter(0))
    store.cache = SeriesCache()
    (point,) = await store.add(nas, MIDNIGHT + FIVE, counter(300))
    assert point.value == 1.0


async def test_a_late_reading_of_a_counter_changes_no_rate(store: Store) -> None:
    nas = await store.resource()
    await store.add(nas, MIDNIGHT, counter(0))
    await store.add(nas, MIDNIGHT + FIVE, counter(300))
    assert await store.add(nas, MIDNIGHT + FIVE / 2, counter(290)) == []
    assert await store.add(nas, MIDNIGHT + FIVE, counter(300)) == []
    (point,) = await store.add(nas, MIDNIGHT + 2 * FIVE, counter(900))
    assert point.value == 2.0


async def test_late_and_repeated_samples_find_their_place(store: Store) -> None:
    nas = await store.resource()
    for minute, value in ((0, 1.0), (10, 3.0), (5, 2.0), (10, 4.0)):
        await store.add(nas, MIDNIGHT + timedelta(minutes=minute), gauge(value))
    start = int(MIDNIGHT.timestamp())
    assert await store.values(nas, MIDNIGHT, MIDNIGHT + 3 * FIVE) == {
        start: 1.0,
        start + 300: 2.0,
        start + 600: 4.0,
    }


async def test_the_newest_is_not_replaced_by_a_late_one(store: Store) -> None:
    nas = await store.resource()
    await store.add(nas, MIDNIGHT + FIVE, gauge(2.0), counter(100))
    await store.add(nas, MIDNIGHT, gauge(1.0))
    async with store.database.snapshot() as session:
        latest = await MetricReader(session).latest([nas])
    found = {each.series.metric: (each.at, each.value, each.reading) for each in latest}
    assert found == {
        "node_load1": (MIDNIGHT + FIVE, 2.0, 2.0),
        BYTES: (MIDNIGHT + FIVE, None, 100.0),
    }


async def test_numbers_that_are_none_are_refused_and_counted(store: Store) -> None:
    nas = await store.resource()
    points = await store.add(
        nas,
        MIDNIGHT,
        gauge(float("nan"), "a"),
        gauge(float("inf"), "b"),
        gauge(1.0, "c" * 201),
        gauge(1.0, "d", (("mountpoint", "/" * 5000),)),
        gauge(1.0, "e"),
    )
    assert [point.metric for point in points] == ["e"]
    assert store.rejected == 4


async def test_labels_are_the_same_in_any_order_and_with_any_text(store: Store) -> None:
    nas = await store.resource()
    odd = '/mnt/\u00e4 "x"\n\x00\\'
    await store.add(nas, MIDNIGHT, gauge(1.0, "m", (("b", odd), ("a", "1"))))
    await store.add(nas, MIDNIGHT + FIVE, gauge(2.0, "m", (("a", "1"), ("b", odd))))
    async with store.database.snapshot() as session:
        (name,) = await MetricReader(session).list_series(nas)
    assert name.labels == (("a", "1"), ("b", odd))


async def test_a_machine_with_ever_new_labels_is_bounded(store: Store) -> None:
    nas = await store.resource()
    many = [gauge(1.0, "m", (("n", str(n)),)) for n in range(MOST_SERIES + 20)]
    assert len(await store.add(nas, MIDNIGHT, *many)) == MOST_SERIES
    assert store.rejected == 20


async def test_samples_of_a_deleted_resource_are_refused(store: Store) -> None:
    nas, other = await store.resource(), await store.resource("pi")
    await store.add(nas, MIDNIGHT, gauge(1.0))
    async with store.database.transaction() as session:
        await session.execute(delete(Resource).where(Resource.id == nas))
    batches = [Batch(each, MIDNIGHT + FIVE, (gauge(2.0),), FIVE) for each in (nas, other, uuid7())]
    points = await store.append(batches)
    assert [point.resource_id for point in points] == [other]
    assert store.rejected == 2
    async with store.database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(MetricSeries)) == 1


async def test_deleting_a_resource_takes_its_measurements_along(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 10)
    await store.maintain(MIDNIGHT + timedelta(days=2))
    await store.fill(nas, MIDNIGHT + timedelta(days=2), 2)
    async with store.database.transaction() as session:
        await session.execute(delete(Resource).where(Resource.id == nas))
    async with store.database.snapshot() as session:
        for model in (MetricSeries, MetricState, MetricHead, MetricChunk):
            assert await session.scalar(select(func.count()).select_from(model)) == 0


class Broken(Exception):
    """The transaction fails after the append."""


async def append_and_break(store: Store, resource_id: UUID) -> None:
    async with store.database.transaction() as session:
        writer = MetricWriter(session, store.cache)
        await writer.append([Batch(resource_id, MIDNIGHT, (gauge(1.0),), FIVE)])
        raise Broken


async def test_a_cache_knows_nothing_of_what_was_rolled_back(store: Store) -> None:
    nas = await store.resource()
    with pytest.raises(Broken):
        await append_and_break(store, nas)
    await store.add(nas, MIDNIGHT, gauge(7.0))
    assert list((await store.values(nas, MIDNIGHT, MIDNIGHT + FIVE)).values()) == [7.0]


async def test_two_processes_see_each_others_series(store: Store) -> None:
    nas = await store.resource()
    other = Store(store.database)
    await store.add(nas, MIDNIGHT, gauge(1.0, "a"))
    await other.add(nas, MIDNIGHT, gauge(1.0, "b"))
    await store.add(nas, MIDNIGHT + FIVE, gauge(2.0, "a"), gauge(2.0, "b"))
    await other.add(nas, MIDNIGHT + 2 * FIVE, gauge(3.0, "a"), gauge(3.0, "b"))
    async with store.database.snapshot() as session:
        names = await MetricReader(session).list_series(nas)
    assert [name.metric for name in names] == ["a", "b"]


async def test_two_writers_of_one_machine_take_turns(store: Store) -> None:
    nas = await store.resource()
    other = Store(store.database)
    await store.add(nas, MIDNIGHT, counter(0))
    async with asyncio.TaskGroup() as group:
        for step in range(1, 11):
            writer = store if step % 2 else other
            at = MIDNIGHT + timedelta(seconds=step)
            group.create_task(writer.add(nas, at, gauge(float(step), f"m{step}")))
    async with store.database.snapshot() as session:
        latest = await MetricReader(session).latest([nas])
    assert len(latest) == 11


async def test_statements_do_not_grow_with_machines_and_samples(store: Store) -> None:
    machines = [await store.resource(f"m{n}") for n in range(30)]

    def batches(step: int, count: int) -> list[Batch]:
        samples = [gauge(float(n), f"m{n}") for n in range(20)]
        samples += [counter(step * 100.0, (("device", f"eth{n}"),)) for n in range(10)]
        return [Batch(each, MIDNIGHT + step * FIVE, samples, FIVE) for each in machines[:count]]

    await store.append(batches(0, 30))
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(store.database.engine.sync_engine, "before_cursor_execute", note)
    await store.append(batches(1, 1))
    few = len(statements)
    statements.clear()
    assert len(await store.append(batches(2, 30))) > 30
    assert len(statements) == few <= 4, statements
