"""What Unity tells Prometheus of its own collection."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.infrastructure.collection import CollectionRun
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.services.core.exposition import Family
from app.services.infrastructure.status import shown

_SPAN = timedelta(hours=1)


async def families(
    session: AsyncSession, clock: Clock, standard_seconds: float
) -> Sequence[Family]:
    """Return the servers by status, and how the cycles of the last hour went."""
    now = clock.now()
    servers = Family("unity_servers", "Servers by status.")
    counts = dict.fromkeys(ServerStatus, 0)
    for server in await session.scalars(select(MonitoredServer)):
        counts[shown(server, now, standard_seconds).status] += 1
    for status, count in counts.items():
        servers.add(float(count), {"status": status.value})
    cycles = Family("unity_collection_cycles", "Cycles of the last hour, by group and outcome.")
    mean = Family("unity_collection_mean_seconds", "Mean duration of these cycles.")
    longest = Family("unity_collection_longest_seconds", "Longest of these cycles.")
    rows = await session.execute(
        select(
            CollectionRun.rate,
            CollectionRun.status,
            func.count(),
            func.avg(CollectionRun.seconds),
            func.max(CollectionRun.seconds),
        )
        .where(CollectionRun.started_at >= now - _SPAN)
        .group_by(CollectionRun.rate, CollectionRun.status)
    )
    for rate, status, many, average, most in rows:
        labels = {"rate": rate, "status": status}
        cycles.add(float(many), labels)
        mean.add(float(average), labels)
        longest.add(float(most), labels)
    return servers, cycles, mean, longest
