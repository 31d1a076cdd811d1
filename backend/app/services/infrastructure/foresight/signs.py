"""SignRounds: what cannot be a level of one measurement becomes a measurement of its own.

Drift against the own baseline, the risk of drives and the days until they are worn out are written
as series, so that a rule about them is one comparison and a chart shows how they came about. A
drift that is within what is usual is written as 0.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.forecast import Forecast, ForecastKind
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.alerts.rounds import Unwatched
from app.services.core.facts import Sample
from app.services.core.foresight.drift import drift_of
from app.services.core.metrics.series import Labels
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.foresight.lines import History, read_histories
from app.services.infrastructure.foresight.newest import newest_point, signals_in
from app.services.infrastructure.foresight.risk import risk_of

EVERY = timedelta(hours=1)
_DAYS = 42
_UNUSUAL = 4.0
# Sensors show whole degrees; a disk may always take a millisecond more.
_LEAST_CELSIUS, _LEAST_SECONDS = 1.0, 0.001
_TEMPERATURES = ("node_hwmon_temp_celsius", "smartctl_device_temperature")
_WAIT = "unity_disk_wait_seconds_total"
_READS, _WRITES = "node_disk_reads_completed_total", "node_disk_writes_completed_total"
# A disk that does less has no latency worth the name.
_LEAST_A_SECOND = 0.2
_DAY = 86_400.0
_MOST_DAYS = 7300.0
Samples = dict[uuid.UUID, list[Sample]]


class SignRounds:
    """Reads, commits, computes, writes and commits; never awaits the network."""

    def __init__(
        self, database: Database, clock: Clock, engine: AlertEngine, unwatched: Unwatched
    ) -> None:
        self._database = database
        self._clock = clock
        self._engine = engine
        self._unwatched = unwatched

    async def run(self) -> Sequence[AlertChange]:
        """Write the signs of this hour, and let the rules look at them."""
        now = self._clock.now()
        found: Samples = {}
        async with self._database.snapshot() as session:
            unwatched = await self._unwatched(session)
            for metric in _TEMPERATURES:
                async for some in read_histories(session, metric, now, _DAYS, unwatched):
                    _add(found, await asyncio.to_thread(_warmer, some))
            async for latencies in _latencies(session, now, unwatched):
                _add(found, await asyncio.to_thread(_slower, latencies))
            _add(found, await _of_drives(session, unwatched))
            _add(found, await _of_forecasts(session, now))
        batches = [Batch(each, now, samples, EVERY) for each, samples in found.items()]
        if not batches:
            return ()
        async with self._database.transaction() as session:
            points = await MetricWriter(session).append(batches)
            return await self._engine.take(session, (), Ingest(points))


def _add(found: Samples, more: Samples) -> None:
    for resource_id, samples in more.items():
        found.setdefault(resource_id, []).extend(samples)


def _warmer(histories: Sequence[History]) -> Samples:
    found: Samples = {}
    for one in histories:
        drift = drift_of(one.times, one.values, _LEAST_CELSIUS)
        if drift is not None:
            shift = round(drift.shift, 1) if drift.z >= _UNUSUAL else 0.0
            sample = Sample("unity_temperature_drift_celsius", shift, one.name.labels, "celsius")
            found.setdefault(one.name.resource_id, []).append(sample)
    return found


def _slower(latencies: Mapping[tuple[uuid.UUID, Labels], History]) -> Samples:
    found: Samples = {}
    for (resource_id, labels), one in latencies.items():
        drift = drift_of(one.times, one.values, _LEAST_SECONDS)
        if drift is not None and drift.usual > 0:
            is_unusual = drift.z >= _UNUSUAL
            slower = round(100 * drift.shift / drift.usual, 1) if is_unusual else 0.0
            sample = Sample("unity_disk_latency_drift_percent", slower, labels, "percent")
            found.setdefault(resource_id, []).append(sample)
    return found


async def _latencies(
    session: AsyncSession, now: datetime, unwatched: Collection[uuid.UUID]
) -> AsyncIterator[dict[tuple[uuid.UUID, Labels], History]]:
    """Yield the time that one read or write took, of each disk of some servers."""
    async for waits in read_histories(session, _WAIT, now, _DAYS, unwatched):
        only = {one.name.resource_id for one in waits}
        counts: dict[tuple[uuid.UUID, Labels], dict[float, float]] = {}
        for metric in (_READS, _WRITES):
            async for some in read_histories(session, metric, now, _DAYS, only=only):
                for one in some:
                    rates = counts.setdefault((one.name.resource_id, one.name.labels), {})
                    for at, value in zip(one.times, one.values, strict=True):
                        rates[at] = rates.get(at, 0.0) + value
        yield {
            key: _per_operation(one, counts[key])
            for one in waits
            if (key := (one.name.resource_id, one.name.labels)) in counts
        }


def _per_operation(waits: History, rates: Mapping[float, float]) -> History:
    known = [
        (at, value / rates[at])
        for at, value in zip(waits.times, waits.values, strict=True)
        if rates.get(at, 0.0) >= _LEAST_A_SECOND
    ]
    return History(waits.name, [at for at, _ in known], [value for _, value in known])


async def _of_drives(session: AsyncSession, unwatched: Collection[uuid.UUID]) -> Samples:
    device = StorageDevice
    rows = await session.execute(
        select(device.id, newest_point()).where(
            device.state == DeviceState.PRESENT, device.media == "hdd"
        )
    )
    found: Samples = {}
    for row in rows:
        risk = None if row.id in unwatched else risk_of(signals_in(row.newest))
        if risk is not None:
            percent = round(100 * risk.least, 1)
            found[row.id] = [Sample("unity_drive_failure_risk_percent", percent, unit="percent")]
    return found


async def _of_forecasts(session: AsyncSession, now: datetime) -> Samples:
    """Return the days that are left, where not one measurement has the level to compare with."""
    names = {
        ForecastKind.WEAR: "unity_drive_wear_out_days",
        ForecastKind.DATABASE: "unity_database_full_days",
    }
    rows = await session.scalars(
        select(Forecast).where(Forecast.kind.in_(list(names)), Forecast.latest_at.is_not(None))
    )
    return {
        row.resource_id: [Sample(names[row.kind], days, unit="days")]
        for row in rows
        if (days := _days_left(row, now)) is not None
    }


def _days_left(row: Forecast, now: datetime) -> float | None:
    if row.latest_at is None or now - row.made_at > timedelta(days=1):
        return None
    left = (row.latest_at - now).total_seconds() / _DAY
    return round(min(_MOST_DAYS, max(0.0, left)), 2)
