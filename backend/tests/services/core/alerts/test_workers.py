"""Two workers over one database: nothing is told twice, nothing is lost."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert import Alert
from app.models.core.event import Event
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.machine import Timings, Verdict
from app.services.core.alerts.quieting import Firing, Quiet
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.core.facts import Sample as MetricSample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.services.core.alerts.timeline import EPOCH, Incident, Sample, at, oracle
from tests.services.core.alerts.watching import MINUTE, USED, Watch

OFFLINE = AlertType("offline", "core", "{name} is offline", "{name} is back", for_samples=2)
VALUES = {Verdict.BREACH: 95.0, Verdict.BETWEEN: 87.0, Verdict.CLEAR: 50.0}


class SomeQuiet:
    """Silences that come and go."""

    def __init__(self, random: Random) -> None:
        self._random = random

    async def quiet(
        self, session: AsyncSession, firing: Sequence[Firing], now: datetime
    ) -> dict[uuid.UUID, Quiet]:
        del session, now
        return {one.alert_id: Quiet("A silence") for one in firing if self._random.random() < 0.5}


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Database]:
    """Open the same database as another process would."""
    database = Database(database_url)
    yield database
    await database.dispose()


async def nobody(_session: AsyncSession) -> set[uuid.UUID]:
    return set()


@pytest.mark.both_engines
async def test_two_workers_that_see_the_same_at_once_tell_it_once(
    database: Database, second: Database, clock: ManualClock
) -> None:
    watch = Watch(database, clock)
    places = [await watch.resource(f"m{number}") for number in range(12)]
    random = Random(4)  # noqa: S311 - a history, not a secret
    workers = [(database, AlertEngine(clock)), (second, AlertEngine(clock))]

    async def report(place: Database, engine: AlertEngine, seen: list[Observation]) -> None:
        async with place.transaction() as session:
            await engine.take(session, seen)

    for _ in range(12):
        seen = [
            Observation(one, "m", {OFFLINE: [Condition("x")] if random.random() < 0.6 else []})
            for one in places
        ]
        async with asyncio.TaskGroup() as group:
            for place, engine in workers:
                group.create_task(report(place, engine, random.sample(seen, len(seen))))
            group.create_task(AlertRounds(second, clock, workers[1][1], nobody).look())
        clock.advance(MINUTE)
    async with database.snapshot() as session:
        rows = (
            await session.execute(
                select(Event.kind, Event.object_id).where(Event.kind.like("alert.%"))
            )
        ).all()
        alerts = (await session.scalars(select(Alert))).all()
    assert len(rows) == len(set(rows)), "something was told twice"
    fired = {alert.id for alert in alerts if alert.fired_at is not None}
    assert {one for kind, one in rows if kind == "alert.fired"} == fired
    ended = {alert.id for alert in alerts if alert.state == "resolved"}
    assert {one for kind, one in rows if kind == "alert.resolved"} == ended
    open_ones = [alert.fingerprint for alert in alerts if alert.state != "resolved"]
    assert len(open_ones) == len(set(open_ones)), "two open alerts of one condition"
    assert len(fired) > 12


def _history(random: Random) -> list[Sample]:
    moment, samples, verdict = 0, [], Verdict.CLEAR
    for _ in range(40):
        moment += random.choice((30, 60, 60, 120, 300))
        if random.random() < 0.35:
            verdict = random.choice(list(VALUES))
        late = random.choice((0, 0, 0, 0, 45, 200, 1200))
        samples.append(Sample(moment, moment + late, verdict))
    return samples


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.both_engines
async def test_histories_through_the_database_end_as_the_oracle_says(
    database: Database, second: Database, clock: ManualClock, seed: int
) -> None:
    """Delays, restarts, silences and two workers that store at the same time."""
    random = Random(seed)  # noqa: S311 - a history, not a secret
    clock.advance(EPOCH - clock.now())
    watch = Watch(database, clock)
    await watch.rule(for_seconds=120, clear_seconds=60, cooldown_seconds=300)
    timings = Timings(
        fire_after=2 * MINUTE,
        clear_after=MINUTE,
        cooldown=5 * MINUTE,
        gap=timedelta(seconds=126),
    )
    histories = {await watch.resource(f"m{n}"): _history(random) for n in range(15)}
    arrivals: dict[int, list[tuple[uuid.UUID, Sample]]] = {}
    for place, samples in histories.items():
        for sample in samples:
            # Workers write in batches: what comes within half a minute is stored together.
            moment = -(-sample.arrived // 30) * 30
            arrivals.setdefault(moment, []).append((place, replace(sample, arrived=moment)))
    engines = [AlertEngine(clock, SomeQuiet(random)) for _ in range(2)]

    async def store(worker: int, samples: list[tuple[uuid.UUID, Sample]]) -> None:
        batches = [_batch(place, sample) for place, sample in samples]
        async with (database, second)[worker].transaction() as session:
            points = await MetricWriter(session).append(batches)
            await engines[worker].take(session, (), Ingest(points))

    for moment in sorted(arrivals):
        clock.advance(at(moment) - clock.now())
        if random.random() < 0.2:
            engines[random.randrange(2)] = AlertEngine(clock, SomeQuiet(random))
        found = sorted(arrivals[moment], key=lambda one: one[1].taken)
        halves = [[one for one in found if one[0].int % 2 == half] for half in (0, 1)]
        async with asyncio.TaskGroup() as group:
            for worker, half in enumerate(halves):
                if half:
                    group.create_task(store(worker, half))
            if random.random() < 0.2:
                group.create_task(AlertRounds(second, clock, engines[1], nobody).look())
    for place, samples in histories.items():
        batched = [replace(one, arrived=-(-one.arrived // 30) * 30) for one in samples]
        ordered = sorted(batched, key=lambda one: (one.arrived, one.taken))
        assert await _told(database, place) == oracle(ordered, timings)


def _batch(place: uuid.UUID, sample: Sample) -> Batch:
    value = VALUES[sample.verdict]
    return Batch(place, at(sample.taken), [MetricSample(USED, value, unit="percent")], MINUTE)


async def _told(database: Database, place: uuid.UUID) -> list[Incident]:
    async with database.snapshot() as session:
        rows = await session.scalars(
            select(Alert)
            .where(Alert.resource_id == place, Alert.fired_at.is_not(None))
            .order_by(Alert.fired_at)
        )
        events = (
            await session.execute(
                select(Event.kind).where(Event.resource_id == place, Event.kind.like("alert.%"))
            )
        ).all()
        found = [
            Incident(
                int((alert.fired_at - EPOCH).total_seconds()),
                None
                if alert.resolved_at is None
                else int((alert.resolved_at - EPOCH).total_seconds()),
            )
            for alert in rows
            if alert.fired_at is not None
        ]
    assert len(events) == sum(1 if one.resolved is None else 2 for one in found)
    return found
