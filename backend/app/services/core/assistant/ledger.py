"""Lets a use of the model begin, counts it, and keeps the record: before it, during it, after it.

The row stands before anything is sent, so that nothing leaves unrecorded, and it holds the most
that the use can cost until it is known what it did.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.kernel.errors import JsonValue, UnityError
from app.kernel.ids import uuid7
from app.kernel.zones import time_zone
from app.models.core.assistant import (
    AssistantExchange,
    AssistantFeature,
    AssistantSetting,
    ExchangeState,
)
from app.ports.ai_provider import Usage
from app.services.core.assistant.errors import AssistantBudgetSpent, AssistantOff
from app.services.core.assistant.settings import Terms, find_settings, switched_on, terms_of
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor

_STALE = timedelta(hours=1)  # longer than any use: its process is gone
_NAMES = {AssistantFeature.EXPLAIN: "explained", AssistantFeature.ASK: "asked"}


@dataclass(frozen=True, slots=True)
class Subject:
    """The one thing that a use is about, if it is one."""

    kind: str = ""
    id: uuid.UUID | None = None
    name: str = ""
    resource_id: uuid.UUID | None = None


@dataclass
class Account:
    """One use while it runs."""

    id: uuid.UUID
    feature: AssistantFeature
    terms: Terms
    subject: Subject
    began: datetime
    requests: int = 0
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    cost: int = 0
    sent: list[dict[str, JsonValue]] = field(default_factory=list)
    received: str = ""

    def add(self, usage: Usage) -> None:
        """Count an answer."""
        self.usage = Usage(
            self.usage.input_tokens + usage.input_tokens,
            self.usage.output_tokens + usage.output_tokens,
            self.usage.is_estimated or usage.is_estimated,
        )
        if self.terms.prices is not None:
            self.cost += self.terms.prices.of(usage)


@dataclass(frozen=True, slots=True)
class Total:
    """What was used in a span of time."""

    requests: int
    cost: int


async def total_since(
    session: Session, start: datetime, *, without: uuid.UUID | None = None
) -> Total:
    """Add up what was used since a moment, what runs included."""
    wanted: list[ColumnElement[bool]] = [AssistantExchange.at >= start]
    if without is not None:
        wanted.append(AssistantExchange.id != without)
    row = (
        await session.execute(
            select(
                func.coalesce(func.sum(AssistantExchange.requests), 0),
                func.coalesce(func.sum(AssistantExchange.cost), 0),
            ).where(*wanted)
        )
    ).one()
    return Total(int(row[0]), int(row[1] or 0))


async def _end_stale(session: Session, now: datetime) -> None:
    """Tell what no process works on any more; what it may have cost stays counted."""
    await session.execute(
        update(AssistantExchange)
        .where(
            AssistantExchange.state == ExchangeState.RUNNING, AssistantExchange.at < now - _STALE
        )
        .values(state=ExchangeState.LEFT, problem="Unity ended before the answer came.")
    )


def day_of(now: datetime, zone: str) -> datetime:
    """Return when the day began, by the calendar of a zone."""
    return now.astimezone(time_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(now: datetime, zone: str) -> datetime:
    """Return when the month began."""
    return day_of(now, zone).replace(day=1)


class Ledger:
    """Opens, renews and settles accounts. These are Unity's own books: no right narrows them."""

    def __init__(
        self, database: Database, clock: Clock, vault: Vault, *, audit_key: bytes, zone: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._audit_key = audit_key
        self._zone = zone

    async def open(
        self, actor: Actor, feature: AssistantFeature, subject: Subject | None = None
    ) -> Account:
        """Let a use begin, or raise `AssistantOff` or `AssistantBudgetSpent`."""
        async with self._books() as session:
            row = await find_settings(session, is_locked=True)
            if row is None or not switched_on(row, feature):
                raise AssistantOff(
                    "AI is switched off, or this use of it.",
                    fix="An administrator can switch it on under System, AI.",
                )
            terms = terms_of(row, self._vault)
            await self._check(session, row, terms)
            return self._enter(session, actor, feature, terms, subject)

    async def open_trial(self, actor: Actor, terms: Terms) -> Account:
        """Let a test of settings begin, which are not saved yet; no budget holds it up."""
        async with self._books() as session:
            return self._enter(session, actor, AssistantFeature.TEST, terms, None)

    async def renew(self, account: Account) -> None:
        """Let a use send one more request, or raise `AssistantBudgetSpent`."""
        terms = account.terms
        async with self._books() as session:
            row = await find_settings(session, is_locked=True)
            if row is not None and account.feature is not AssistantFeature.TEST:
                await self._check(session, row, terms, account=account)
            exchange = await session.get_one(AssistantExchange, account.id)
            account.requests += 1
            exchange.requests = account.requests
            exchange.cost = None if terms.prices is None else account.cost + _most(terms)

    async def settle(
        self,
        actor: Actor,
        account: Account,
        state: ExchangeState,
        problem: UnityError | None = None,
    ) -> None:
        """Keep what came of it, and write it to the audit log."""
        terms = account.terms
        async with self._books() as session:
            exchange = await session.get_one(AssistantExchange, account.id)
            exchange.state = state
            exchange.requests = account.requests
            exchange.input_tokens = account.usage.input_tokens
            exchange.output_tokens = account.usage.output_tokens
            exchange.is_estimated = account.usage.is_estimated
            exchange.cost = None if terms.prices is None else account.cost
            exchange.seconds = (self._clock.now() - account.began).total_seconds()
            exchange.sent = account.sent
            exchange.received = account.received
            exchange.problem = "" if problem is None else problem.detail[:1000]
            await session.flush()
            await self._record(session, actor, account, state)

    async def forget_old(self) -> int:
        """Drop what is older than the settings keep; tell what no process works on any more."""
        now = self._clock.now()
        async with self._books() as session:
            row = await find_settings(session)
            days = 90 if row is None else row.keep_days
            await _end_stale(session, now)
            old = await session.scalars(
                delete(AssistantExchange)
                .where(AssistantExchange.at < now - timedelta(days=days))
                .returning(AssistantExchange.id)
            )
            return len(old.all())

    async def _check(
        self,
        session: Session,
        row: AssistantSetting,
        terms: Terms,
        *,
        account: Account | None = None,
    ) -> None:
        """Refuse what would go beyond a budget; what this very use has spent counts, too."""
        now = self._clock.now()
        requests, cost = (account.requests, account.cost) if account else (0, 0)
        spans: Sequence[tuple[str, datetime, int | None, int | None]] = (
            ("today", day_of(now, self._zone), row.requests_per_day, row.cost_per_day),
            ("this month", month_of(now, self._zone), row.requests_per_month, row.cost_per_month),
        )
        for words, start, most_requests, most_cost in spans:
            if most_requests is None and most_cost is None:
                continue
            total = await total_since(session, start, without=account.id if account else None)
            if most_requests is not None and total.requests + requests >= most_requests:
                raise AssistantBudgetSpent(
                    f"The {most_requests} requests of {words} are used up.", fix=_WAIT
                )
            if most_cost is not None and total.cost + cost + _most(terms) > most_cost:
                raise AssistantBudgetSpent(
                    f"What is left of the money for {words} is less than this may cost.", fix=_WAIT
                )

    def _enter(
        self,
        session: Session,
        actor: Actor,
        feature: AssistantFeature,
        terms: Terms,
        subject: Subject | None,
    ) -> Account:
        about, now = subject or Subject(), self._clock.now()
        row = AssistantExchange(
            id=uuid7(),
            at=now,
            user_id=actor.user_id,
            actor_name=actor.name[:255],
            feature=feature,
            subject_kind=about.kind,
            subject_id=about.id,
            subject_name=about.name[:300],
            host=terms.host[:255],
            model=terms.model,
            state=ExchangeState.RUNNING,
            requests=1,
            cost=None if terms.prices is None else _most(terms),
            sent=[],
        )
        session.add(row)
        return Account(row.id, feature, terms, about, now, requests=1)

    async def _record(
        self, session: Session, actor: Actor, account: Account, state: ExchangeState
    ) -> None:
        verb = _NAMES.get(account.feature, "tested")
        suffix = "_failed" if state is ExchangeState.FAILED else ""
        await AuditLog(session, self._clock, self._audit_key).record(
            actor,
            f"assistant.{verb}{suffix}",
            kind="assistant_exchange",
            object_id=account.id,
            name=account.subject.name if account.subject.id else account.feature.value,
            details={
                "host": account.terms.host,
                "model": account.terms.model,
                "requests": account.requests,
                "input_count": account.usage.input_tokens,
                "output_count": account.usage.output_tokens,
            },
            resource_id=account.subject.resource_id,
        )

    @asynccontextmanager
    async def _books(self) -> AsyncIterator[Session]:
        """Open a transaction that reaches everything, whoever asks."""
        with reach.within(None):
            async with self._database.transaction() as session:
                yield session


def _most(terms: Terms) -> int:
    if terms.prices is None:
        return 0
    return terms.prices.most(terms.most_input_characters, terms.most_output_tokens)


_WAIT = "Wait until it is over, or ask an administrator for a larger budget under System, AI."
