"""What was asked of the model, for the page of its record, and what it came to."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.zones import time_zone
from app.models.core.assistant import AssistantExchange, AssistantFeature
from app.schemas.base import Page
from app.schemas.core.assistant import (
    AssistantUsage,
    DayUsage,
    ExchangeDetail,
    ExchangeQuery,
    ExchangeRead,
    FeatureUsage,
    SentPart,
    Spent,
)
from app.services.core.assistant.errors import ExchangeNotFound
from app.services.core.assistant.ledger import day_of, month_of
from app.services.core.assistant.money import from_millionths
from app.services.core.assistant.settings import find_settings
from app.services.core.queries import contains, sorted_by

_DAYS = 30
_SORTS = {
    "at": AssistantExchange.at,
    "cost": AssistantExchange.cost,
    "seconds": AssistantExchange.seconds,
    "actor_name": AssistantExchange.actor_name,
}


class AssistantRecord:
    """Reads the record."""

    def __init__(self, session: Session, clock: Clock, zone: str) -> None:
        self._session = session
        self._clock = clock
        self._zone = zone

    async def page(self, query: ExchangeQuery) -> Page[ExchangeRead]:
        """Return one page, the newest first unless sorted otherwise."""
        wanted = _wanted(query)
        total = await self._session.scalar(select(func.count(AssistantExchange.id)).where(*wanted))
        rows = await self._session.scalars(
            select(AssistantExchange)
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "-at", _SORTS, AssistantExchange.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ExchangeRead](
            items=[ExchangeRead.model_validate(_columns(row)) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, exchange_id: uuid.UUID) -> ExchangeDetail:
        """Return one exchange with its texts."""
        row = await self._session.get(AssistantExchange, exchange_id)
        if row is None:
            raise ExchangeNotFound(
                "There is no record with this id.", fix="It may be older than what is kept."
            )
        parts = [SentPart.model_validate(part) for part in row.sent]
        return ExchangeDetail.model_validate(
            {**_columns(row), "sent": parts, "received": row.received}
        )

    async def usage(self) -> AssistantUsage:
        """Return what the day and the month have come to, beside their limits."""
        now = self._clock.now()
        settings = await find_settings(self._session)
        day, month = day_of(now, self._zone), month_of(now, self._zone)
        has_prices = settings is not None and None not in (
            settings.input_price,
            settings.output_price,
        )
        return AssistantUsage(
            zone=str(now.astimezone(time_zone(self._zone)).tzname() or "UTC"),
            currency="" if settings is None else settings.currency,
            day=await self._spent(
                day,
                settings.requests_per_day if settings else None,
                settings.cost_per_day if settings else None,
                has_prices=has_prices,
            ),
            month=await self._spent(
                month,
                settings.requests_per_month if settings else None,
                settings.cost_per_month if settings else None,
                has_prices=has_prices,
            ),
            features=await self._features(month),
            days=await self._days(now),
        )

    async def _spent(
        self, start: datetime, most_requests: int | None, most_cost: int | None, *, has_prices: bool
    ) -> Spent:
        row = (
            await self._session.execute(
                select(
                    func.coalesce(func.sum(AssistantExchange.requests), 0),
                    func.coalesce(func.sum(AssistantExchange.input_tokens), 0),
                    func.coalesce(func.sum(AssistantExchange.output_tokens), 0),
                    func.sum(AssistantExchange.cost),
                ).where(AssistantExchange.at >= start)
            )
        ).one()
        cost = 0 if row[3] is None and has_prices else row[3]
        return Spent(
            requests=int(row[0]),
            requests_limit=most_requests,
            input_tokens=int(row[1]),
            output_tokens=int(row[2]),
            cost=None if cost is None else from_millionths(int(cost)),
            cost_limit=from_millionths(most_cost),
        )

    async def _features(self, start: datetime) -> list[FeatureUsage]:
        rows = await self._session.execute(
            select(
                AssistantExchange.feature,
                func.count(),
                func.sum(AssistantExchange.requests),
                func.sum(AssistantExchange.input_tokens + AssistantExchange.output_tokens),
                func.sum(AssistantExchange.cost),
            )
            .where(AssistantExchange.at >= start)
            .group_by(AssistantExchange.feature)
            .order_by(AssistantExchange.feature)
        )
        return [
            FeatureUsage(
                feature=AssistantFeature(feature),
                uses=uses,
                requests=int(requests),
                tokens=int(tokens),
                cost=None if cost is None else from_millionths(int(cost)),
            )
            for feature, uses, requests, tokens, cost in rows
        ]

    async def _days(self, now: datetime) -> list[DayUsage]:
        """Add up by the day of the zone, which no engine's SQL does alike; a month is few rows."""
        zone = time_zone(self._zone)
        start = day_of(now - timedelta(days=_DAYS - 1), self._zone)
        rows = await self._session.execute(
            select(
                AssistantExchange.at,
                AssistantExchange.requests,
                AssistantExchange.input_tokens + AssistantExchange.output_tokens,
                AssistantExchange.cost,
            ).where(AssistantExchange.at >= start)
        )
        days: dict[date, list[int | None]] = {}
        for at, requests, tokens, cost in rows:
            sums = days.setdefault(at.astimezone(zone).date(), [0, 0, None])
            sums[0] = (sums[0] or 0) + requests
            sums[1] = (sums[1] or 0) + tokens
            sums[2] = sums[2] if cost is None else (sums[2] or 0) + cost
        first = start.date()
        every = [first + timedelta(days=number) for number in range(_DAYS)]
        empty: list[int | None] = [0, 0, None]
        return [
            DayUsage(
                day=one,
                requests=days.get(one, empty)[0] or 0,
                tokens=days.get(one, empty)[1] or 0,
                cost=from_millionths(days.get(one, empty)[2]),
            )
            for one in every
        ]


def _wanted(query: ExchangeQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.feature is not None:
        wanted.append(AssistantExchange.feature == query.feature)
    if query.state is not None:
        wanted.append(AssistantExchange.state == query.state)
    if query.q:
        wanted.append(
            or_(
                contains(AssistantExchange.actor_name, query.q),
                contains(AssistantExchange.subject_name, query.q),
                contains(AssistantExchange.model, query.q),
            )
        )
    return wanted


def _columns(row: AssistantExchange) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ExchangeRead.model_fields},
        "cost": from_millionths(row.cost),
    }
