"""Keeps what came of visits: the row, the numbers, the alerts, in one transaction each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseKind
from app.ports.database_driver import DatabaseError, DatabaseWantsLogin
from app.ports.live_bus import LiveBus
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange, tell_pages
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.databases.conditions import observe_state
from app.services.infrastructure.databases.figures import (
    KINDS,
    WHOLE,
    Figure,
    Reading,
    samples_of,
    since_last,
)
from app.services.infrastructure.databases.states import (
    AGAIN_AFTER,
    REFUSED,
    Verdict,
    apply_verdict,
)
from app.services.infrastructure.databases.visits import Visit

DATABASES_TOPIC = "database"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a visit; without a verdict its machine did not answer."""

    visit: Visit
    at: datetime
    verdict: Verdict | None = None
    reading: Reading | None = None
    deep: Reading | None = None
    error: DatabaseError | None = None


class DatabaseStore:
    """One for a process: it keeps the names of the series."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        live: LiveBus,
        alerts: AlertEngine,
        *,
        interval: timedelta,
        deep_interval: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._live = live
        self._alerts = alerts
        self._interval = interval
        self._deep_interval = deep_interval
        self._cache = SeriesCache()

    async def write(self, outcome: Outcome) -> None:
        """Store one outcome, unless the database was forgotten meanwhile."""
        async with self._database.transaction() as session:
            row = await session.scalar(
                select(DatabaseInstance)
                .where(DatabaseInstance.id == outcome.visit.database_id)
                .with_for_update()
            )
            if row is None or row.missing_since is not None:
                return
            told = await self._write(session, row, outcome)
        await self._live.publish(DATABASES_TOPIC, {"ids": [str(outcome.visit.database_id)]})
        await tell_pages(self._live, told)

    async def rest(self, ids: Sequence[uuid.UUID]) -> None:
        """Look again in an interval; a login that has changed by then is tried."""
        due = self._clock.now() + self._interval
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(DatabaseInstance).where(DatabaseInstance.id.in_(ids))
            )
            for row in rows:
                row.next_due_at = due

    async def _write(
        self, session: AsyncSession, row: DatabaseInstance, outcome: Outcome
    ) -> Sequence[AlertChange]:
        row.next_due_at = outcome.at + self._interval
        if isinstance(outcome.error, DatabaseWantsLogin):
            row.next_due_at = outcome.at + AGAIN_AFTER  # it may be opened to all one day
        if outcome.verdict is None:
            return ()
        self._note_refusal(row, outcome)
        apply_verdict(row, outcome.verdict, outcome.at)
        row.updated_at = outcome.at
        ingest = Ingest()
        if outcome.reading is not None:
            if row.reading:
                since_last(outcome.reading, Reading.model_validate_json(row.reading))
            _fill(row, outcome.reading, outcome.at)
            if outcome.deep is not None:
                row.deep_reading = outcome.deep.model_dump_json()
                row.deep_due_at = outcome.at + self._deep_interval
                _fill_size(row, outcome.deep)
            ingest = await self._measure(session, row, outcome)
        observation = observe_state(row, outcome.verdict)
        return await self._alerts.take(session, [observation], ingest)

    def _note_refusal(self, row: DatabaseInstance, outcome: Outcome) -> None:
        if outcome.verdict is not None and outcome.verdict.kind == REFUSED:
            same = row.refused == outcome.visit.mark
            row.refusals = row.refusals + 1 if same else 1
            row.refused, row.refused_at = outcome.visit.mark, outcome.at
        elif outcome.reading is not None:
            row.refused, row.refusals, row.refused_at = "", 0, None

    async def _measure(
        self, session: AsyncSession, row: DatabaseInstance, outcome: Outcome
    ) -> Ingest:
        batches, whole = [], set[str]()
        for reading, interval in (
            (outcome.reading, self._interval),
            (outcome.deep, self._deep_interval),
        ):
            if reading is not None:
                samples = samples_of(reading.figures)
                batches.append(Batch(row.id, outcome.at, samples, interval))
                whole |= _whole(reading.figures)
        points = await MetricWriter(session, self._cache).append(batches)
        return Ingest(points, {row.id: frozenset(whole)})


def _whole(figures: Sequence[Figure]) -> set[str]:
    """Return the metrics of which every series is here: what is missing of them is gone."""
    return {KINDS[one.key].metric for one in figures if one.key in WHOLE or one.value is None}


def _fill(row: DatabaseInstance, reading: Reading, at: datetime) -> None:
    row.reading = reading.model_dump_json()
    row.last_read_at = row.last_seen_at = at
    if reading.kind:
        row.kind = DatabaseKind(reading.kind)
    row.version = reading.version or row.version
    row.role = reading.role[:40]
    row.data_path = reading.data_path[:1000] or row.data_path
    if not row.container and not row.host_path and row.data_path.startswith("/"):
        row.host_path = row.data_path
    row.connections_percent = reading.value("connections_used_percent")
    lags = [
        one.value
        for one in reading.figures
        if one.key == "replication_lag_seconds" and one.value is not None
    ]
    row.lag_seconds = max(lags, default=None)
    _fill_size(row, reading)


def _fill_size(row: DatabaseInstance, reading: Reading) -> None:
    size = reading.value("size_bytes")
    if size is not None:
        row.size_bytes = int(size)
