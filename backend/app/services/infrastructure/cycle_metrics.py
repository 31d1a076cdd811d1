"""From a cycle to the metric store and the alert rules, in the transaction that stores it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.facts import Rate, Sample
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.alarms import observe
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.derived_metrics import FILESYSTEM_SHARES, filesystem_prefix
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.facts.network import Network, NetworkFact
from app.services.infrastructure.packet_drops import PacketDrops
from app.services.infrastructure.result_rows import Rows


class CycleMetrics:
    """One for a process: it keeps the names of the series, and where windows of drops begin."""

    def __init__(self, alerts: AlertEngine, *, live: timedelta, slow: timedelta) -> None:
        self._alerts = alerts
        self._cache = SeriesCache()
        self._drops = PacketDrops()
        self._live = live
        self._slow = slow

    async def judge(
        self, session: AsyncSession, stored: Sequence[tuple[CycleResult, Rows]]
    ) -> list[AlertChange]:
        """Store the measurements, and let the alert rules look at all that is new."""
        measured = await self._store(session, stored)
        observations = [
            observe(result.claim.server_id, result.claim.name, rows.verdict, result.values)
            for result, rows in stored
        ]
        return await self._alerts.take(session, observations, measured)

    async def _store(
        self, session: AsyncSession, stored: Sequence[tuple[CycleResult, Rows]]
    ) -> Ingest:
        batches = []
        whole = {}
        for result, _ in stored:
            if not result.samples:
                continue
            server_id, expected = result.claim.server_id, self._expected(result)
            samples = (*result.samples, *self._dropped(result))
            batches.append(Batch(server_id, result.started_at, samples, expected))
            whole[server_id] = _whole(result.values)
        if not batches:
            return Ingest()
        return Ingest(await MetricWriter(session, self._cache).append(batches), whole)

    def _dropped(self, result: CycleResult) -> tuple[Sample, ...]:
        network = result.values.get(NetworkFact.name)
        if not isinstance(network, Network):
            return ()
        return self._drops.samples(result.claim.server_id, result.started_at, network)

    def _expected(self, result: CycleResult) -> timedelta:
        """Return when these series are measured again at the latest.

        A remote machine is asked faster only while somebody watches, so the standard interval
        counts for its live facts: without a watcher they come no sooner.
        """
        if result.rate is Rate.SLOW:
            return self._slow
        if result.claim.is_local and result.rate is Rate.LIVE:
            return self._live
        return result.claim.interval


def _whole(values: Mapping[str, BaseModel]) -> frozenset[str]:
    """Return the metrics of which a cycle brings every series that the machine has."""
    return frozenset(
        f"{filesystem_prefix(fact)}{name}"
        for fact, value in values.items()
        if isinstance(value, Filesystems)
        for name in FILESYSTEM_SHARES
    )
