"""ForecastRounds: reads months of samples, computes, and stores what is to be expected."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.resource import Resource
from app.models.infrastructure.forecast import Forecast, ForecastKind
from app.services.core.alerts.rounds import Unwatched
from app.services.core.foresight.backtest import Score, score
from app.services.core.foresight.trend import Forecaster, Outlook, TrendForecaster
from app.services.core.metrics.series import Labels, canonical
from app.services.infrastructure.foresight.kinds import SOURCES, Source
from app.services.infrastructure.foresight.levels import Lives, read_levels, read_lives
from app.services.infrastructure.foresight.lines import History, read_histories
from app.services.infrastructure.foresight.wear import wear_outlook

WINDOW_DAYS, WEAR_DAYS = 60, 400
_FORGOTTEN = timedelta(days=3)
_SCORED_EVERY = timedelta(days=1)
# Eight forecasts each; so that no round takes many minutes, the rest waits for the next one.
_MOST_SCORES = 300
_FURTHEST = 100 * 365 * 86_400.0
_DAY = 86_400.0
Key = tuple[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A forecast before it is written."""

    source: Source
    history: History
    level: float
    outlook: Outlook
    why_not: str
    score: Score | None
    is_scored: bool

    @property
    def key(self) -> Key:
        """Return what tells it from all others."""
        return self.history.name.resource_id, fingerprint(self.source.metric, self.labels)

    @property
    def labels(self) -> Labels:
        """Return the labels of its series."""
        return self.history.name.labels


def fingerprint(metric: str, labels: Labels) -> str:
    """Name a series of a resource, the same for ever."""
    return blake2b(f"{metric}|{canonical(labels)}".encode(), digest_size=16).hexdigest()


class ForecastRounds:
    """Reads, commits, computes, writes and commits; never awaits the network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        unwatched: Unwatched,
        forecaster: Forecaster | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._unwatched = unwatched
        self._forecaster: Forecaster = forecaster or TrendForecaster()

    async def run(self) -> dict[str, int]:
        """Make all forecasts anew; return how many there are, and how many have a date."""
        now = self._clock.now()
        made = dated = 0
        left = _MOST_SCORES
        for source in SOURCES:
            async with self._database.snapshot() as session:
                unwatched = await self._unwatched(session)
                lives = await read_lives(session, now) if source.kind is ForecastKind.WEAR else {}
                levels = await read_levels(session) if source.level is None else {}
                days = WEAR_DAYS if lives else WINDOW_DAYS
                slices = [
                    some
                    async for some in read_histories(session, source.metric, now, days, unwatched)
                ]
                scored = await _scored(session, source)
            for some in slices:
                due = _due(some, source, scored, now, left)
                left -= len(due)
                work = _Work(source, self._forecaster, lives, levels, due)
                # Hundreds of lines take their time, in which the others go on.
                drafts = await asyncio.to_thread(work.drafts, some)
                made += len(drafts)
                dated += sum(draft.outlook.seconds is not None for draft in drafts)
                async with self._database.transaction() as session:
                    await write(session, drafts, now)
        async with self._database.transaction() as session:
            await session.execute(delete(Forecast).where(Forecast.made_at < now - _FORGOTTEN))
        return {"made": made, "dated": dated}


@dataclass(frozen=True, slots=True)
class _Work:
    """What is computed for a slice, away from the loop."""

    source: Source
    forecaster: Forecaster
    lives: Lives
    levels: Mapping[uuid.UUID, float]
    due: frozenset[Key]

    def drafts(self, histories: Sequence[History]) -> list[Draft]:
        found = (self._draft(one) for one in histories if one.times)
        return [one for one in found if one is not None]

    def _draft(self, one: History) -> Draft | None:
        if self.source.kind is ForecastKind.WEAR:
            life = self.lives.get(one.name.resource_id)
            if life is None:
                return None
            outlook, why = wear_outlook(life.watched(one.times, one.values))
            return Draft(self.source, one, 100.0, outlook, why, None, is_scored=False)
        level = self.source.level
        if level is None:
            room = self.levels.get(one.name.resource_id)
            # Of all databases of a server together, which is the series without labels.
            if room is None or one.name.labels:
                return None
            level = one.values[-1] + room
        outlook = self.forecaster.outlook(one.times, one.values, level) or _NOTHING
        key = one.name.resource_id, fingerprint(self.source.metric, one.name.labels)
        is_due = key in self.due
        found = score(one.times, one.values, level, self.forecaster) if is_due else None
        return Draft(self.source, one, level, outlook, outlook.why_not or "", found, is_due)


_NOTHING = Outlook(None, 0.0, 0.5)


async def _scored(session: AsyncSession, source: Source) -> dict[Key, datetime]:
    rows = await session.execute(
        select(Forecast.resource_id, Forecast.fingerprint, Forecast.scored_at).where(
            Forecast.metric == source.metric, Forecast.scored_at.is_not(None)
        )
    )
    return {(row.resource_id, row.fingerprint): row.scored_at for row in rows}


def _due(
    histories: Iterable[History],
    source: Source,
    scored: Mapping[Key, datetime],
    now: datetime,
    most: int,
) -> frozenset[Key]:
    """Return whose forecasts of the past are to be scored in this round."""
    keys = [
        (one.name.resource_id, fingerprint(source.metric, one.name.labels)) for one in histories
    ]
    late = [key for key in keys if key not in scored or now - scored[key] >= _SCORED_EVERY]
    return frozenset(late[: max(0, most)])


async def write(session: AsyncSession, drafts: Sequence[Draft], now: datetime) -> None:
    """Store forecasts: one statement to find those that stand, one for the resources."""
    ids = {draft.key[0] for draft in drafts}
    if not ids:
        return
    there = set(await session.scalars(select(Resource.id).where(Resource.id.in_(ids))))
    rows = await session.scalars(select(Forecast).where(Forecast.resource_id.in_(ids)))
    known = {(row.resource_id, row.fingerprint): row for row in rows}
    for draft in drafts:
        if draft.key[0] not in there:
            continue
        row = known.get(draft.key)
        if row is None:
            row = Forecast(id=uuid7(), resource_id=draft.key[0], fingerprint=draft.key[1])
            row.metric, row.labels = draft.source.metric, dict(draft.labels)
            row.score_count = 0
            session.add(row)
        _fill(row, draft, now)


def _fill(row: Forecast, draft: Draft, now: datetime) -> None:
    outlook, source = draft.outlook, draft.source
    row.kind, row.subject, row.unit = source.kind, source.subject(draft.labels), source.unit
    row.level, row.value = draft.level, draft.history.values[-1]
    row.full_at = _later(now, outlook.seconds)
    row.earliest_at = _later(now, outlook.earliest)
    row.latest_at = _later(now, outlook.latest)
    row.confidence, row.why_not = outlook.confidence, draft.why_not
    row.line_value, row.seen_days = outlook.value, outlook.span / _DAY
    row.per_day = outlook.slope * _DAY
    row.per_day_low, row.per_day_high = outlook.low * _DAY, outlook.high * _DAY
    if draft.is_scored:
        row.score_off = draft.score.off if draft.score else None
        row.score_count = draft.score.count if draft.score else 0
        row.scored_at = now
    row.made_at = now


def _later(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=min(seconds, _FURTHEST))
