"""A machine that is measured by a clock, for the tests of the metric store."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.kernel.clock import ManualClock
from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.resource import Resource
from app.services.core.facts import Sample
from app.services.core.metrics.lines import QueryResult
from app.services.core.metrics.maintenance import MaintenanceReport, MetricMaintenance
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.series import Labels, SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter, Point

MIDNIGHT = datetime(2026, 3, 14, tzinfo=UTC)
FIVE = timedelta(minutes=5)
CPU = "node_load1"
BYTES = "node_network_receive_bytes_total"


def gauge(value: float, metric: str = CPU, labels: Labels = ()) -> Sample:
    return Sample(metric, value, labels)


def counter(value: float, labels: Labels = (("device", "eth0"),)) -> Sample:
    return Sample(BYTES, value, labels, unit="B", is_counter=True)


@dataclass
class Store:
    """The metric store over one database, with short names for what tests do to it."""

    database: Database
    cache: SeriesCache = field(default_factory=SeriesCache)
    settings: MetricsPart = field(default_factory=MetricsPart)
    rejected: int = 0

    async def resource(self, name: str = "nas") -> uuid.UUID:
        row = Resource(
            id=uuid7(), kind="server", name=name, created_at=MIDNIGHT, updated_at=MIDNIGHT
        )
        async with self.database.transaction() as session:
            session.add(row)
        return row.id

    async def append(self, batches: Sequence[Batch]) -> list[Point]:
        async with self.database.transaction() as session:
            writer = MetricWriter(session, self.cache)
            points = await writer.append(batches)
            self.rejected += writer.rejected
        return points

    async def add(
        self, to: uuid.UUID, at: datetime, *samples: Sample, every: timedelta = FIVE
    ) -> list[Point]:
        return await self.append([Batch(to, at, samples, every)])

    async def fill(
        self, to: uuid.UUID, start: datetime, count: int, every: timedelta = FIVE
    ) -> None:
        """Append a gauge that counts 0, 1, 2 … 99, 0 …."""
        await self.append(
            [Batch(to, start + i * every, (gauge(float(i % 100)),), every) for i in range(count)]
        )

    async def query(
        self,
        of: Sequence[uuid.UUID],
        start: datetime,
        end: datetime,
        metric: str = CPU,
        labels: Labels = (),
        points: int = 300,
    ) -> QueryResult:
        async with self.database.snapshot() as session:
            return await MetricReader(session).query(metric, of, labels, start, end, points)

    async def values(
        self, of: uuid.UUID, start: datetime, end: datetime, metric: str = CPU
    ) -> dict[int, float]:
        """Return the means by the time, gaps left out."""
        result = await self.query([of], start, end, metric)
        return {
            at: value
            for line in result.lines
            for at, value in zip(result.times, line.mean, strict=True)
            if value is not None
        }

    async def maintain(self, at: datetime) -> MaintenanceReport:
        return await MetricMaintenance(self.database, ManualClock(at), self.settings).run()
