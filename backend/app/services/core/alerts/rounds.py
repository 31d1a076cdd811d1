"""AlertRounds: what time alone changes, looked at every minute; and forecasts, now and then."""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.core.alert import OPEN, Alert
from app.models.core.alert_rule import AlertInstance, AlertRule, Phase
from app.models.core.metric_state import MetricState
from app.schemas.core.alert_rule import Absence, Composite, StateChange, metrics_of
from app.services.core.alerts.checks import SeriesOf, make_check
from app.services.core.alerts.composites import look_at_composites
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.exceptions import servers_of
from app.services.core.alerts.incidents import AlertChange, end_orphans
from app.services.core.alerts.instances import InstanceStore, Kept
from app.services.core.alerts.look_ahead import look_ahead
from app.services.core.alerts.looks import Look, fix_of, with_gap, words
from app.services.core.alerts.machine import SILENT, Verdict, held
from app.services.core.alerts.reports import calm
from app.services.core.alerts.rule_book import Rule, RuleBook
from app.services.core.foresight.trend import Forecaster, TrendForecaster
from app.services.core.metrics.queries import Latest, MetricReader
from app.services.core.metrics.state import NewestSamples

# Rounds come every minute; a few may be lost.
_ROUND_GAP = timedelta(minutes=5)
_AT_ONCE = 500

# Resources that nobody asks at the moment; what is not asked is not absent.
Unwatched = Callable[[AsyncSession], Awaitable[set[uuid.UUID]]]


class AlertRounds:
    """Reads, commits, judges and commits; never awaits the network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        engine: AlertEngine,
        unwatched: Unwatched,
        forecaster: Forecaster | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._engine = engine
        self._unwatched = unwatched
        self._forecaster: Forecaster = forecaster or TrendForecaster()

    async def look(self) -> list[AlertChange]:
        """Judge absences, durations that have passed, and rules that are no more."""
        now = self._clock.now()
        async with self._database.snapshot() as session:
            book = await self._engine.book(session)
            store = InstanceStore(session)
            due = await store.due(now)
            unwatched = await self._unwatched(session)
            looks = list(_of_time(due, book, await _newest_at(session, due), now))
            absences = await self._absences(session, book, unwatched, now)
        changes = await self._settle([*looks, *absences])
        changes += await self._joined(book, unwatched)
        return changes + await self._sweep()

    async def forecast(self) -> list[AlertChange]:
        """Judge the rules that look ahead."""
        changes: list[AlertChange] = []
        async with self._database.snapshot() as session:
            book = await self._engine.book(session)
            unwatched = await self._unwatched(session)
        for rule in book.forecasts:
            async with self._database.snapshot() as session:
                looks = await look_ahead(
                    session, rule, self._forecaster, unwatched, self._clock.now()
                )
            changes += await self._settle(looks)
        return changes

    async def _settle(self, looks: Sequence[Look]) -> list[AlertChange]:
        changes: list[AlertChange] = []
        for start in range(0, len(looks), _AT_ONCE):
            some = looks[start : start + _AT_ONCE]
            async with self._database.transaction() as session:
                store = InstanceStore(session)
                opened = await store.of_resources(look.resource_id for look in some)
                changes += await self._engine.settle(session, some, opened)
        return changes

    async def _absences(
        self,
        session: AsyncSession,
        book: RuleBook,
        unwatched: set[uuid.UUID],
        now: datetime,
    ) -> list[Look]:
        if not book.absences:
            return []
        metrics = {metric for rule in book.absences for metric in metrics_of(rule.definition)}
        found = await MetricReader(session).latest(None, sorted(metrics))
        places = {latest.series.resource_id for latest in found}
        servers = await servers_of(session, book.absences, places)
        return [
            look
            for rule in book.absences
            for latest in found
            if latest.series.resource_id not in unwatched
            and (look := _absent(rule, latest, servers, now)) is not None
        ]

    async def _joined(self, book: RuleBook, unwatched: set[uuid.UUID]) -> list[AlertChange]:
        """Judge composite rules with a part that time alone fulfils."""
        rules = {
            rule
            for rules in book.composites.values()
            for rule in rules
            if isinstance(rule.definition, Composite)
            and any(isinstance(part, Absence) for part in rule.definition.parts)
        }
        if not rules:
            return []
        async with self._database.snapshot() as session:
            metrics = {metric for rule in rules for metric in metrics_of(rule.definition)}
            latest = await MetricReader(session).latest(None, sorted(metrics))
            places = {one.series.resource_id for one in latest} - unwatched
            opened = await InstanceStore(session).of_rules(rule.id for rule in rules)
            wanted = {(rule, place) for rule in rules for place in places}
            looks = await look_at_composites(session, wanted, opened, self._clock.now())
        return await self._settle(looks)

    async def _sweep(self) -> list[AlertChange]:
        """End what no rule speaks for any more, so that no alert stands for ever.

        Whoever disables or deletes a rule ends its alerts with words of its own; this is the net
        below that.
        """
        enabled = select(AlertRule.id).where(AlertRule.is_enabled)
        stray = select(AlertInstance.id).where(AlertInstance.rule_id.not_in(enabled))
        orphan = select(Alert.id).where(
            Alert.state.in_(OPEN), ~exists().where(AlertInstance.alert_id == Alert.id)
        )
        async with self._database.snapshot() as session:
            found = [(await session.scalars(one.limit(1))).first() for one in (stray, orphan)]
        if not any(found):
            return []
        async with self._database.transaction() as session:
            await session.execute(delete(AlertInstance).where(AlertInstance.id.in_(stray)))
            return await end_orphans(session, self._clock, orphan)


async def _newest_at(session: AsyncSession, due: Mapping[str, Kept]) -> dict[uuid.UUID, datetime]:
    """Return when the resources of what fires were last measured at all."""
    places = {kept.resource_id for kept in due.values() if kept.memory.phase is Phase.FIRING}
    if not places:
        return {}
    rows = await session.execute(
        select(MetricState.resource_id, MetricState.newest).where(
            MetricState.resource_id.in_(places)
        )
    )
    found: dict[uuid.UUID, datetime] = {}
    for resource_id, packed in rows:
        newest = max(NewestSamples(packed).at, default=0)
        found[resource_id] = datetime.fromtimestamp(newest / 1000, UTC)
    return found


def _of_time(
    due: Mapping[str, Kept],
    book: RuleBook,
    newest_at: Mapping[uuid.UUID, datetime],
    now: datetime,
) -> Iterable[Look]:
    """Yield what the passing of time says of what is due."""
    for kept in due.values():
        rule, memory = book.rules.get(kept.rule_id), kept.memory
        if rule is None or memory.last_at is None:
            continue
        if isinstance(rule.definition, StateChange):
            yield calm(rule, kept, now, held(memory))
        elif memory.phase is not Phase.FIRING:
            yield calm(rule, kept, now)
        elif newest_at.get(kept.resource_id, memory.last_at) > memory.last_at + SILENT / 2:
            # The machine answers, and has no such series any more.
            yield calm(rule, kept, now, Verdict.GONE)


def _absent(
    rule: Rule, latest: Latest, servers: Mapping[uuid.UUID, uuid.UUID], now: datetime
) -> Look | None:
    """Say that a series is absent; None while it is not, for samples themselves end an alert."""
    definition, name = rule.definition, latest.series
    if not isinstance(definition, Absence) or name.metric != definition.metric:
        return None
    age = now - latest.at
    if age < timedelta(seconds=definition.after_seconds):
        return None
    names = (name.id, name.resource_id, name.metric, name.labels, name.unit)
    check = make_check(rule, SeriesOf(*names, servers.get(name.resource_id)))
    if check is None:
        return None
    where = f" of {check.subject}" if check.subject else ""
    message = f"{name.metric}{where} was not measured since {latest.at:%Y-%m-%d %H:%M} UTC."
    return Look(
        rule=rule,
        resource_id=name.resource_id,
        fingerprint=check.fingerprint,
        subject=check.subject,
        verdict=Verdict.BREACH,
        at=now,
        timings=with_gap(check.timings, _ROUND_GAP),
        severity=check.severity,
        labels=dict(name.labels),
        message=words(rule.message, subject=check.subject) or message,
        fix=fix_of(rule, check.subject),
    )
