"""A query's answer: aligned times, and for each series least, mean and greatest, None for gaps."""

import uuid
from dataclasses import dataclass

from app.models.core.metric_series import SeriesKind
from app.services.core.metrics.codec import Buckets
from app.services.core.metrics.series import Labels
from app.services.core.metrics.tiers import DAY

Values = list[float | None]

_STEPS = (
    *(1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800),
    *(3600, 7200, 10800, 14400, 21600, 43200, DAY, 2 * DAY, 7 * DAY),
)
_MONTH = 30 * DAY
# As in the writer: two intervals and some jitter are no gap yet.
_GAP = 2.1

RAW = 1
TIER_NAMES = {RAW: "raw", 300: "5m", 3600: "1h", DAY: "1d"}


@dataclass(frozen=True, slots=True)
class SeriesName:
    """A series as a reader sees it."""

    id: int
    resource_id: uuid.UUID
    metric: str
    labels: Labels
    kind: SeriesKind
    unit: str
    interval: int
    since: int


@dataclass(frozen=True, slots=True)
class Line:
    """One series over the times of a result."""

    name: SeriesName
    least: Values
    mean: Values
    greatest: Values


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a chart shows. `times` are seconds since 1970: where each bucket begins."""

    step: int
    tier: str
    times: list[int]
    lines: list[Line]


def choose_step(seconds: float) -> int:
    """Return a round step that is at least so long."""
    for step in _STEPS:
        if step >= seconds:
            return step
    return -(-int(seconds) // _MONTH) * _MONTH


def choose_tier(wanted: int, begins: dict[int, int], needed: int) -> int:
    """Return the widest tier that the wanted step allows, or the finest that reaches back.

    `begins` says when the oldest value of each tier begins, `needed` when the range does.
    """
    if not begins:
        return RAW
    reaching = [tier for tier in begins if begins[tier] <= needed + tier]
    if not reaching:
        return min(begins, key=begins.__getitem__)
    fitting = [tier for tier in reaching if tier <= wanted]
    return max(fitting) if fitting else min(reaching)


def lay_out(name: SeriesName, buckets: Buckets, first: int, count: int, step: int) -> Line:
    """Spread buckets over the times of a result.

    Where nothing was due in a bucket, because the step is short or a collection came late, the
    neighbour's value holds: a gauge's until the next reading, a rate's since the one before.
    """
    least: Values = [None] * count
    mean: Values = [None] * count
    greatest: Values = [None] * count
    columns = ((least, buckets.least), (mean, buckets.mean), (greatest, buckets.greatest))
    widest = _GAP * name.interval
    is_rate = name.kind == SeriesKind.RATE
    places = [index - first for index in buckets.index]
    for source, place in enumerate(places):
        if place >= count:
            break
        before = places[source - 1] if source else place
        if 1 < place - before <= widest / step:
            held = source if is_rate else source - 1
            empty = slice(max(before + 1, 0), max(place, 0))
            for line, values in columns:
                line[empty] = [values[held]] * (empty.stop - empty.start)
        if place >= 0:
            for line, values in columns:
                line[place] = values[source]
    return Line(name, least, mean, greatest)
