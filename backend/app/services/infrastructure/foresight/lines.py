"""The lines that forecasts are made from: months of many series, read a slice at a time."""

import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.core.metrics.lines import SeriesName, Values
from app.services.core.metrics.queries import MOST_POINTS, MOST_SERIES, MetricReader

# A series of which nothing came for so long is no longer there.
SILENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class History:
    """The points of one series that are known."""

    name: SeriesName
    times: list[float]
    values: list[float]


async def read_histories(
    session: AsyncSession,
    metric: str,
    now: datetime,
    days: int,
    unwatched: Collection[uuid.UUID] = (),
    only: Collection[uuid.UUID] | None = None,
) -> AsyncIterator[list[History]]:
    """Yield the series of a metric that are measured now, as means of hours or days."""
    reader = MetricReader(session)
    counts: dict[uuid.UUID, int] = {}
    fresh: set[int] = set()
    latest = await reader.latest(None if only is None else [*only], [metric])
    for one in latest:
        if one.series.resource_id not in unwatched and now - one.at < SILENT:
            counts[one.series.resource_id] = counts.get(one.series.resource_id, 0) + 1
            fresh.add(one.series.id)
    start = now - timedelta(days=days)
    for some in slices(list(counts.items()), _room_of(latest)):
        result = await reader.query(metric, some, (), start, now, MOST_POINTS)
        found = []
        for line in result.lines:
            if line.name.id in fresh:
                times, values = _known(result.times, line.mean, result.step, now)
                found.append(History(line.name, times, values))
        yield found


def _room_of(latest: Sequence[object]) -> int:
    # Series that are silent count towards a query's limit too, so slices stay well below it.
    return MOST_SERIES if len(latest) < MOST_SERIES else MOST_SERIES // 2


def slices(counts: Sequence[tuple[uuid.UUID, int]], room: int) -> Iterator[list[uuid.UUID]]:
    """Yield resources in slices of about so many series; what has more by itself is left out."""
    some: list[uuid.UUID] = []
    left = room
    for resource_id, count in counts:
        if some and count > left:
            yield some
            some, left = [], room
        if count <= room:
            some.append(resource_id)
            left -= count
    if some:
        yield some


def _known(
    times: Sequence[int], values: Values, step: int, now: datetime
) -> tuple[list[float], list[float]]:
    """Return the points; each counts at the end of its bucket, the last one now."""
    end = now.timestamp()
    known = [(min(at + step, end), v) for at, v in zip(times, values, strict=True) if v is not None]
    return [at for at, _ in known], [value for _, value in known]
