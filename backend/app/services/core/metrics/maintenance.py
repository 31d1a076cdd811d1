"""The one job of the metric store: seal and roll up what is due, delete what is past its time."""

from dataclasses import dataclass

from app.kernel.clock import Clock
from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.services.core.metrics.retention import Retention
from app.services.core.metrics.sealing import Sealer
from app.services.core.metrics.tiers import DAY


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What a run did."""

    sealed_rows: int
    deleted_chunks: int
    deleted_series: int


class MetricMaintenance:
    """Works in small transactions that each leave a whole store: killed anywhere, run again.

    Two at the same time do no harm, only double work.
    """

    def __init__(self, database: Database, clock: Clock, settings: MetricsPart) -> None:
        self._clock = clock
        self._sealer = Sealer(database)
        self._retention = Retention(database, settings)

    async def run(self) -> MaintenanceReport:
        """Do everything that is due now."""
        now = int(self._clock.now().timestamp())
        rows = 0
        # Before anything is deleted: after a long pause, unsealed days may be past their time.
        for unit in await self._sealer.due(now):
            while taken := await self._sealer.seal(unit):
                rows += taken
        chunks = await self._retention.delete_old(now // DAY)
        await self._retention.forget()
        return MaintenanceReport(rows, chunks, await self._retention.delete_empty())
