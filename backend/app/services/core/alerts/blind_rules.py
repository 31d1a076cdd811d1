"""Rules whose metric has gone quiet although its machines answer: renamed, or given up.

A rule is compared with what comes in by the names of metrics. When an update far away gives one
another name, the rule stays silent for ever, and looks as if all were well. So a metric that was
there before, and that was left out in the newest round, is told; and what came instead of it.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_series import MetricSeries
from app.models.core.metric_state import MetricState
from app.schemas.core.alert_rule import Composite, LabelMatcher, RuleDefinition, StateChange
from app.services.core.alerts.levels import fits
from app.services.core.alerts.rule_book import Rule
from app.services.core.alerts.scopes import is_in, read_places
from app.services.core.metrics.state import NewestSamples

# Of an interval: what came no more while other things did is left out after one round where
# something new came in the same round, and otherwise after two, as everywhere.
_MISSED, _LATE = 0.9, 2.1
_AT_ONCE = 500
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Quiet:
    """A metric that a rule looks at, and that nothing reports any more."""

    metric: str
    since: datetime | None  # the last time that it came; None: too long ago to be known
    instead: tuple[str, ...] = ()  # metrics that came up on the same resources at that time


@dataclass(frozen=True, slots=True)
class _Series:
    id: int
    resource_id: uuid.UUID
    metric: str
    labels: str
    interval: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part of a rule looks at."""

    metric: str
    labels: Sequence[LabelMatcher]

    def is_about(self, series: _Series) -> bool:
        return series.metric == self.metric and (
            not self.labels or fits(self.labels, json.loads(series.labels))
        )


async def find_quiet(
    session: AsyncSession, rules: Sequence[Rule]
) -> Mapping[uuid.UUID, Sequence[Quiet]]:
    """Return what has gone quiet, by the rules that look at it.

    Three statements where all is well, however many machines there are: one series of each metric
    that came in the last round is enough to know that the metric lives.
    """
    parts = {rule.id: list(_parts_of(rule.definition)) for rule in rules}
    metrics = {part.metric for some in parts.values() for part in some}
    book = _Book(session)
    alive = await book.alive(metrics)
    doubtful = {
        part.metric
        for rule in rules
        for part in parts[rule.id]
        if part.metric not in alive or part.labels or not rule.scope.is_everything
    }
    await book.load(MetricSeries.metric.in_(doubtful))
    found: dict[uuid.UUID, list[Quiet]] = defaultdict(list)
    for rule in rules:
        for part in parts[rule.id]:
            if part.metric in doubtful and (quiet := await book.look(rule, part)) is not None:
                found[rule.id].append(quiet)
    return found


def _parts_of(definition: RuleDefinition) -> Iterator[_Part]:
    if isinstance(definition, StateChange):
        return
    for one in definition.parts if isinstance(definition, Composite) else [definition]:
        yield _Part(one.metric, one.labels)


class _Book:
    """The series of the metrics in doubt, and when each was read last."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._series: dict[str, list[_Series]] = defaultdict(list)
        self._states: dict[uuid.UUID, NewestSamples] = {}

    async def alive(self, metrics: Collection[str]) -> set[str]:
        """Return the metrics of which the series that was made last came in the last round."""
        newest = (
            select(func.max(MetricSeries.id))
            .where(MetricSeries.metric.in_(metrics))
            .group_by(MetricSeries.metric)
        )
        found = await self._read(MetricSeries.id.in_(newest))
        return {one.metric for one in found if self._behind(one) <= _MISSED}

    async def load(self, which: ColumnElement[bool]) -> None:
        """Read series with the states of their resources."""
        for one in await self._read(which):
            self._series[one.metric].append(one)

    async def _read(self, which: ColumnElement[bool]) -> list[_Series]:
        rows = await self._session.execute(
            select(
                MetricSeries.id,
                MetricSeries.resource_id,
                MetricSeries.metric,
                MetricSeries.labels,
                MetricSeries.interval,
            ).where(which)
        )
        found = [_Series(*row) for row in rows]
        await self._read_states({one.resource_id for one in found} - set(self._states))
        return found

    async def _read_states(self, resource_ids: Iterable[uuid.UUID]) -> None:
        wanted = list(resource_ids)
        for start in range(0, len(wanted), _AT_ONCE):
            rows = await self._session.execute(
                select(MetricState.resource_id, MetricState.newest).where(
                    MetricState.resource_id.in_(wanted[start : start + _AT_ONCE])
                )
            )
            self._states |= {each: NewestSamples(newest) for each, newest in rows}

    async def look(self, rule: Rule, part: _Part) -> Quiet | None:
        """Return the metric where none of the series that the rule looks at comes any more."""
        series = [one for one in self._series[part.metric] if part.is_about(one)]
        if not rule.scope.is_everything:
            places = await read_places(self._session, {one.resource_id for one in series})
            series = [
                one
                for one in series
                if one.resource_id in places and is_in(rule.scope, places[one.resource_id])
            ]
        behind = [self._behind(one) for one in series]
        if not series or min(behind) <= _MISSED:
            return None
        last = max(self._at(one) for one in series)
        resources = {one.resource_id for one in series}
        instead = await self._new_names(resources, last) if last else ()
        if min(behind) <= _LATE and not instead:
            return None
        since = datetime.fromtimestamp(last / 1000, UTC) if last else None
        return Quiet(part.metric, since, instead)

    def _at(self, series: _Series) -> int:
        """Return when a series was read last; 0 where that is forgotten."""
        state = self._states.get(series.resource_id)
        place = state.place.get(series.id) if state is not None else None
        return 0 if state is None or place is None else state.at[place]

    def _behind(self, series: _Series) -> float:
        """Return how many of its intervals a series is behind the newest of its resource."""
        state = self._states.get(series.resource_id)
        if state is None or not state.at:
            return 0.0  # nothing of it is known, so nothing is claimed
        return (max(state.at) - self._at(series)) / (1000 * max(1, series.interval))

    async def _new_names(self, resource_ids: Collection[uuid.UUID], last: int) -> tuple[str, ...]:
        """Return the metrics that these resources have only since a series was read last."""
        rows = await self._session.execute(
            select(MetricSeries.metric)
            .where(MetricSeries.resource_id.in_(list(resource_ids)[:_AT_ONCE]))
            .group_by(MetricSeries.metric)
            .having(func.min(MetricSeries.since) > last // 1000)
            .order_by(MetricSeries.metric)
            .limit(_NAMED)
        )
        return tuple(rows.scalars())
