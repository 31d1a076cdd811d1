"""The contract of the live buses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from app.adapters.live_memory import MemoryLiveBus
from app.adapters.live_postgres import PostgresLiveBus
from app.ports.live_bus import RESYNC, LiveBus, LiveEvent


@asynccontextmanager
async def serving(*buses: LiveBus) -> AsyncIterator[None]:
    """Let buses carry events, and wait until they do."""
    async with asyncio.TaskGroup() as group:
        tasks = []
        for bus in buses:
            async with bus.subscribe({RESYNC}) as events:
                tasks.append(group.create_task(bus.serve()))
                if isinstance(bus, PostgresLiveBus):
                    assert (await heard(events)).topic == RESYNC
        yield
        for task in tasks:
            task.cancel()


async def heard(events: AsyncIterator[LiveEvent]) -> LiveEvent:
    async with asyncio.timeout(10):
        return await anext(events)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[LiveBus]:
    made: LiveBus = MemoryLiveBus(queue_length=4)
    if request.param == "postgres":
        made = PostgresLiveBus(request.getfixturevalue("postgres_url"), queue_length=4)
    async with serving(made):
        yield made


async def test_a_subscriber_hears_its_topics_in_order_and_no_others(bus: LiveBus) -> None:
    async with bus.subscribe({"server", "job"}) as events:
        await bus.publish("server", {"id": "1"})
        await bus.publish("alert", {"id": "2"})
        await bus.publish("job", {"id": "3", "note": "größer → „x“"})
        assert await heard(events) == LiveEvent("server", {"id": "1"})
        assert await heard(events) == LiveEvent("job", {"id": "3", "note": "größer → „x“"})


async def test_every_subscriber_hears_everything(bus: LiveBus) -> None:
    async with bus.subscribe({"job"}) as one, bus.subscribe({"job"}) as two:
        await bus.publish("job", {"n": 1})
        assert await heard(one) == await heard(two) == LiveEvent("job", {"n": 1})


async def test_a_subscriber_that_is_too_slow_is_told_to_ask_again(bus: LiveBus) -> None:
    async with bus.subscribe({"job"}) as slow, bus.subscribe({"end"}) as end:
        for n in range(9):
            await bus.publish("job", {"n": n})
        await bus.publish("end", {})
        await heard(end)
        assert await heard(slow) == LiveEvent(RESYNC)
        await bus.publish("job", {"n": 9})
        assert await heard(slow) == LiveEvent("job", {"n": 9})


async def test_giving_up_waiting_does_not_end_the_subscription(bus: LiveBus) -> None:
    async with bus.subscribe({"job"}) as events:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(events)
        await bus.publish("job", {})
        assert (await heard(events)).topic == "job"


async def test_nobody_needs_to_listen(bus: LiveBus) -> None:
    await bus.publish("job", {})


@pytest.mark.needs("postgres")
async def test_processes_hear_each_other(postgres_url: str) -> None:
    one, two = PostgresLiveBus(postgres_url), PostgresLiveBus(postgres_url)
    async with serving(one, two), two.subscribe({"job"}) as events:
        await one.publish("job", {"n": 1})
        assert await heard(events) == LiveEvent("job", {"n": 1})


@pytest.mark.needs("postgres")
async def test_what_is_too_long_for_postgresql_becomes_a_resync(postgres_url: str) -> None:
    bus = PostgresLiveBus(postgres_url)
    async with serving(bus), bus.subscribe({"job"}) as events:
        await bus.publish("job", {"text": "ä" * 4000})
        assert await heard(events) == LiveEvent(RESYNC)


@pytest.mark.needs("postgres")
async def test_a_broken_connection_is_told_and_mended(postgres_url: str) -> None:
    bus = PostgresLiveBus(postgres_url)
    async with serving(bus), bus.subscribe({"job"}) as events:
        await bus.publish("job", {"n": 1})
        assert (await heard(events)).topic == "job"
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'unity live' AND datname = current_database()"
            )
        assert (await heard(events)).topic == RESYNC
        await bus.publish("job", {"n": 2})
        assert await heard(events) == LiveEvent("job", {"n": 2})


@pytest.mark.needs("postgres")
async def test_publishing_never_fails_even_without_a_database(postgres_url: str) -> None:
    bus = PostgresLiveBus(postgres_url.replace("unity_", "absent_"))
    await bus.publish("job", {})
