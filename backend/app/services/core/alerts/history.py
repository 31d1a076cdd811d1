"""What lies behind the newest sample: windows, and what is made of the samples in them."""

import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_chunk import MetricChunk
from app.schemas.core.alert_rule import Aggregation, RateOfChange, Threshold
from app.services.core.metrics.codec import decode_points
from app.services.core.metrics.head import merge_points, read_head
from app.services.core.metrics.tiers import DAY

Points = tuple[list[int], list[float]]

_OF_THE_WHOLE = (Aggregation.AVERAGE, Aggregation.LEAST)
# A change over less of the window than this says nothing about the whole of it.
_LEAST_SHARE = 0.5
# A pause of two intervals is a sample that was lost; so is one of half the window, where samples
# came more seldom before somebody opened a page that watches them.
_GAP, _LONGEST_GAP = 2.1, 0.5
_JITTER = 1.1


async def read_points(
    session: AsyncSession,
    series: Iterable[int],
    resource_ids: Iterable[uuid.UUID],
    span: tuple[int, int],
) -> dict[int, Points]:
    """Return the raw samples of some series from `span[0]` to before `span[1]`: two statements."""
    ids = sorted(set(series))
    head = await read_head(session, sorted(set(resource_ids)), ids, span)
    sealed: dict[int, Points] = {each: ([], []) for each in ids}
    rows = await session.execute(
        select(MetricChunk.series_id, MetricChunk.points)
        .where(
            MetricChunk.series_id.in_(ids),
            MetricChunk.day.between(span[0] // DAY, (span[1] - 1) // DAY),
        )
        .order_by(MetricChunk.series_id, MetricChunk.day)
    )
    for series_id, packed in rows:
        times, values = decode_points(packed)
        sealed[series_id][0].extend(times)
        sealed[series_id][1].extend(values)
    return {each: merge_points(sealed[each], head.by_series.get(each, ([], []))) for each in ids}


def measure(
    definition: Threshold | RateOfChange, points: Points, at: int, interval: int
) -> float | None:
    """Return what a rule compares, over the window that ends with the sample at a time.

    An average and a least say something only when the samples, which come at an interval, cover
    the window: a machine that was just entered is not busy for a quarter of an hour, nor is one
    of which only the first and the last minute of it are known.
    """
    times, values = points
    first = bisect_left(times, at - definition.window_seconds)
    last = bisect_right(times, at)
    if first >= last:
        return None
    if isinstance(definition, RateOfChange):
        return _rate(definition, times[first:last], values[first:last])
    if definition.aggregation in _OF_THE_WHOLE and not _covers(
        times[first:last], at - definition.window_seconds, at, interval
    ):
        return None
    return _AGGREGATIONS[definition.aggregation](values[first:last])


def _covers(times: Sequence[int], start: int, at: int, interval: int) -> bool:
    """Tell whether samples speak for the whole window: from its start on, and without a hole."""
    pauses = [after - before for before, after in pairwise([*times, at])]
    widest = max(pauses)
    if widest > max(_GAP * interval, _LONGEST_GAP * (at - start)):
        return False
    # Each sample speaks for the time since the one before it.
    return times[0] - start <= _JITTER * max(interval, widest)


def _last(values: Sequence[float]) -> float:
    return values[-1]


_AGGREGATIONS: dict[Aggregation, Callable[[Sequence[float]], float]] = {
    Aggregation.AVERAGE: fmean,
    Aggregation.LEAST: min,
    Aggregation.GREATEST: max,
    Aggregation.LAST: _last,
}


def _rate(definition: RateOfChange, times: Sequence[int], values: Sequence[float]) -> float | None:
    seconds = times[-1] - times[0]
    if seconds < _LEAST_SHARE * definition.window_seconds:
        return None
    change = values[-1] - values[0]
    if definition.in_percent:
        if values[0] == 0:
            return None
        change *= 100 / abs(values[0])
    return change * definition.per_seconds / seconds


def widest_window(definitions: Iterable[Threshold | RateOfChange]) -> int:
    """Return the longest window of some rules, in seconds."""
    return max((one.window_seconds for one in definitions), default=0)


def values_of(points: Mapping[int, Points], series_id: int) -> Points:
    """Return the samples of a series, which may have none."""
    return points.get(series_id, ([], []))
