"""From a cycle's samples to the metric store, in the transaction that stores the cycle."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.core.facts import Rate
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.cycle import CycleResult


class CycleMetrics:
    """One for a process: it keeps the names of the series."""

    def __init__(self, *, live: timedelta, slow: timedelta) -> None:
        self._cache = SeriesCache()
        self._live = live
        self._slow = slow

    async def store(self, session: AsyncSession, results: Sequence[CycleResult]) -> None:
        """Append the samples of all results."""
        batches = [
            Batch(result.claim.server_id, result.started_at, result.samples, self._expected(result))
            for result in results
            if result.samples
        ]
        if batches:
            await MetricWriter(session, self._cache).append(batches)

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
