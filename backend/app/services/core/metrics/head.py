"""Reading the open head: the packed rows that wait to be sealed."""

import struct
import uuid
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import lt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_head import MetricHead
from app.services.core.metrics.packing import ints_from

_ONE = struct.Struct("<d")


class HeadPoints:
    """The samples of some series, gathered from rows of the head in the order of writing."""

    def __init__(self, wanted: Iterable[int] | None = None) -> None:
        self._wanted = None if wanted is None else frozenset(wanted)
        self._places: dict[bytes, list[tuple[int, int]]] = {}
        self.by_series: dict[int, tuple[list[int], list[float]]] = {}

    def take(self, at: int, series: bytes, readings: bytes) -> None:
        """Take in one row."""
        places = self._places.get(series)
        if places is None:
            places = self._places[series] = [
                (each, place)
                for place, each in enumerate(ints_from("I", series))
                if self._wanted is None or each in self._wanted
            ]
            for each, _ in places:
                self.by_series.setdefault(each, ([], []))
        if not places:
            return
        by_series = self.by_series
        if len(places) == 1:
            each, place = places[0]
            times, numbers = by_series[each]
            times.append(at)
            numbers += _ONE.unpack_from(readings, 8 * place)
            return
        values = struct.unpack(f"<{len(readings) // 8}d", readings)
        for each, place in places:
            times, numbers = by_series[each]
            times.append(at)
            numbers.append(values[place])


async def read_head(
    session: AsyncSession,
    resource_ids: Sequence[uuid.UUID],
    wanted: Iterable[int],
    span: tuple[int, int],
) -> HeadPoints:
    """Return what the head holds of some series between two times: one statement."""
    points = HeadPoints(wanted)
    rows = await session.execute(
        select(MetricHead.at, MetricHead.series, MetricHead.readings)
        .where(
            MetricHead.resource_id.in_(resource_ids),
            MetricHead.at >= span[0],
            MetricHead.at < span[1],
        )
        .order_by(MetricHead.id)
    )
    for at, series, readings in rows:
        points.take(at, series, readings)
    return points


def merge_points(
    old: tuple[list[int], list[float]], new: tuple[list[int], list[float]]
) -> tuple[list[int], list[float]]:
    """Return both in the order of time; where two have the same time, the later written counts."""
    times = new[0]
    is_in_order = all(map(lt, times, islice(times, 1, None)))
    if is_in_order and (not old[0] or not times or old[0][-1] < times[0]):
        return old[0] + new[0], old[1] + new[1]
    by_time = dict(zip(*old, strict=True))
    by_time.update(zip(*new, strict=True))
    ordered = sorted(by_time)
    return ordered, [by_time[at] for at in ordered]
