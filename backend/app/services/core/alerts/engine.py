"""AlertEngine: takes what was seen, lets the machine judge it, and writes what became of it."""

import uuid
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.alert_rule import Phase
from app.schemas.core.alert_rule import metrics_of
from app.services.core.alerts import builtin
from app.services.core.alerts.checks import CheckTable, Ingest, look_deeper
from app.services.core.alerts.composites import look_at_composites
from app.services.core.alerts.exceptions import with_exceptions
from app.services.core.alerts.incidents import AlertChange, Incidents, Moved
from app.services.core.alerts.instances import InstanceStore, Kept
from app.services.core.alerts.looks import Look
from app.services.core.alerts.machine import (
    Evidence,
    Transition,
    Verdict,
    advance,
    due_at,
    is_forgettable,
)
from app.services.core.alerts.quieting import NothingQuiet, Quieting
from app.services.core.alerts.reports import calm, looks_of, unknown_types
from app.services.core.alerts.rule_book import RuleBook, RuleShelf
from app.services.core.alerts.scopes import in_scope
from app.services.core.alerts.types import Observation


class AlertEngine:
    """One for a process: it keeps the rules and their checks; all state is in the rows.

    Every method works in the caller's transaction with a constant number of statements, and
    awaits no network. Instances are locked before they are judged, so two workers take turns.
    """

    def __init__(self, clock: Clock, quieting: Quieting | None = None) -> None:
        self._clock = clock
        self._quieting: Quieting = quieting or NothingQuiet()
        self._shelf = RuleShelf()
        self._checks = CheckTable()

    async def book(self, session: AsyncSession) -> RuleBook:
        """Return the rules that are enabled now."""
        return await self._shelf.book(session)

    async def take(
        self,
        session: AsyncSession,
        observations: Sequence[Observation] = (),
        ingest: Ingest | None = None,
    ) -> list[AlertChange]:
        """Judge what domains report and what was measured; return what fired and what ended."""
        ingest = ingest or Ingest()
        book = await self._book_for(session, observations)
        metrics = book.metrics
        concerned = [point for point in ingest.points if point.metric in metrics]
        resources = {each for each, _ in groupby(point.resource_id for point in concerned)}
        resources |= set(ingest.whole)
        resources |= {seen.resource_id for seen in observations}
        if not resources or not book.rules:
            return []
        opened = await InstanceStore(session).of_resources(resources)
        looks = list(looks_of(observations, book, opened, self._clock.now()))
        looks += await self._measured(session, book, replace(ingest, points=concerned), opened)
        return await self.settle(session, looks, opened)

    async def settle(
        self, session: AsyncSession, looks: Sequence[Look], opened: Mapping[str, Kept]
    ) -> list[AlertChange]:
        """Let the machine judge looks, and write what becomes of it. `opened`: what is known."""
        meant = await with_exceptions(session, await in_scope(session, looks, opened), opened)
        wanted = _alive(meant, opened)
        if not wanted:
            return []
        store = InstanceStore(session)
        now = self._clock.now()
        locked = await store.lock(wanted, opened)
        moved: list[Moved] = []
        for look in wanted:
            kept = locked.get(look.fingerprint)
            if kept is not None:
                moved.append(_move(look, kept, now))
        return await self._write(session, store, moved, now)

    async def end(
        self,
        session: AsyncSession,
        over: str,
        *,
        rule_ids: Collection[uuid.UUID] = (),
        resource_ids: Collection[uuid.UUID] = (),
    ) -> list[AlertChange]:
        """End what is open for rules or resources that are not watched any more.

        `over` is the title of the message, with {name} for the resource. It is called before a
        rule is deleted, disabled or changed, and when a server is switched off.
        """
        store = InstanceStore(session)
        opened = await store.of_resources(resource_ids) if resource_ids else {}
        opened |= await store.of_rules(rule_ids) if rule_ids else {}
        locked = await store.relock(list(opened))
        book, now = await self.book(session), self._clock.now()
        moved = []
        for kept in locked.values():
            rule = book.rules.get(kept.rule_id)
            if rule is not None and kept.memory.phase is not Phase.IDLE:
                look = calm(rule, kept, now, Verdict.GONE)
                moved.append(replace(_move(look, kept, now), over=over))
        changes = await Incidents(session, self._clock, self._quieting).write(moved)
        # Nothing is remembered: neither a cool-down nor a count of changes outlives the rule.
        await store.write([], list(locked.values()))
        return changes

    async def _write(
        self, session: AsyncSession, store: InstanceStore, moved: Sequence[Moved], now: datetime
    ) -> list[AlertChange]:
        changes = await Incidents(session, self._clock, self._quieting).write(moved)
        changed: list[Kept] = []
        forgotten: list[Kept] = []
        newest = {one.kept.fingerprint: one for one in moved}
        for one in newest.values():
            kept = one.kept
            if is_forgettable(kept.memory, one.look.timings, now):
                forgotten.append(kept)
                continue
            kept.due_at = due_at(kept.memory, one.look.timings)
            if one.look.value is not None:
                kept.last_value = one.look.value
            changed.append(kept)
        await store.write(changed, forgotten)
        return changes

    async def _book_for(
        self, session: AsyncSession, observations: Sequence[Observation]
    ) -> RuleBook:
        """Return the rules; a type that is seen for the first time gets its built-in one."""
        book = await self.book(session)
        missing = [
            each
            for each in unknown_types(observations, book)
            if builtin.rule_id(each.kind) not in book.disabled
        ]
        if missing:
            rules = [builtin.rule_of(each) for each in missing]
            await builtin.plant(session, rules, self._clock.now())
            book = await self.book(session)
        self._checks.use(book)
        return book

    async def _measured(
        self,
        session: AsyncSession,
        book: RuleBook,
        ingest: Ingest,
        opened: Mapping[str, Kept],
    ) -> list[Look]:
        points = ingest.points
        await self._checks.prepare(session, points)
        now = self._clock.now()
        scan = self._checks.scan(points, opened, now)
        looks = scan.looks + await look_deeper(session, scan.deeper, opened)
        looks += await look_at_composites(session, scan.joint, opened, now)
        looks += _gone(book, ingest, opened, now)
        return looks


def _alive(looks: Sequence[Look], opened: Container[str]) -> list[Look]:
    """Leave out what is well and was: of each condition, all that comes before its breach."""
    begun: set[str] = set()
    wanted: list[Look] = []
    for look in looks:
        if look.verdict is Verdict.BREACH:
            begun.add(look.fingerprint)
        if look.fingerprint in begun or look.fingerprint in opened:
            wanted.append(look)
    return wanted


def _move(look: Look, kept: Kept, now: datetime) -> Moved:
    before = kept.memory
    step = advance(before, Evidence(look.at, look.verdict), look.timings, now)
    kept.memory = step.memory
    since = step.memory.since if Transition.BEGAN in step.transitions else before.since
    return Moved(look, kept, step.transitions, since or look.at)


def _gone(
    book: RuleBook, ingest: Ingest, opened: Mapping[str, Kept], now: datetime
) -> Iterator[Look]:
    """Yield the end of what is watched by a series that its machine does not have any more."""
    if not ingest.whole or not opened:
        return
    places = {kept.resource_id for kept in opened.values()}
    present = {
        (point.resource_id, point.metric, tuple(sorted(point.labels)))
        for point in ingest.points
        if point.resource_id in places
    }
    for kept in opened.values():
        rule = book.rules.get(kept.rule_id)
        if rule is None or kept.resource_id not in ingest.whole:
            continue
        metrics = metrics_of(rule.definition)
        if len(metrics) != 1 or not metrics <= set(ingest.whole[kept.resource_id]):
            continue
        labels = tuple(sorted(kept.labels.items()))
        if (kept.resource_id, next(iter(metrics)), labels) not in present:
            yield calm(rule, kept, now, Verdict.GONE)
