"""Facts and runs of a server as people read them."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from pydantic import BaseModel, JsonValue
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.infrastructure.collection import CollectionRun, FactState
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.schemas.base import Page
from app.schemas.infrastructure.reading import (
    FactRead,
    RunQuery,
    RunRead,
    RunTrouble,
    ServerFacts,
)
from app.services.core.facts import Fact
from app.services.core.queries import sorted_by
from app.services.infrastructure import standing
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.standing import Standing
from app.services.infrastructure.status import shown

_SORTS = {"started_at": CollectionRun.started_at, "seconds": CollectionRun.seconds}
Values = Mapping[str, dict[str, JsonValue]]


class Readings:
    """Reads what the collection has stored."""

    def __init__(self, session: AsyncSession, clock: Clock, standard_seconds: float) -> None:
        self._session = session
        self._clock = clock
        self._standard_seconds = standard_seconds

    async def facts(self, server_id: uuid.UUID) -> ServerFacts:
        """Return every fact that Unity knows, also those that this server was never asked for."""
        server = await self._server(server_id)
        rows = await self._session.scalars(
            select(FactState).where(FactState.server_id == server_id)
        )
        states = {row.rate: row for row in rows}
        verdict = shown(server, self._clock.now(), self._standard_seconds)
        facts: list[FactRead] = []
        for rate in dict.fromkeys(fact.rate for fact in FACTS):
            facts.extend(_of_rate([fact for fact in FACTS if fact.rate is rate], states.get(rate)))
        return ServerFacts(
            server_id=server_id,
            status=verdict.status,
            reason=verdict.reason,
            reason_kind=verdict.kind,
            fix=verdict.fix,
            facts=facts,
        )

    async def runs(self, server_id: uuid.UUID, query: RunQuery) -> Page[RunRead]:
        """Return one page of runs, the newest first unless sorted otherwise."""
        await self._server(server_id)
        wanted = [CollectionRun.server_id == server_id]
        if query.rate:
            wanted.append(CollectionRun.rate == query.rate)
        total = await self._session.scalar(
            select(func.count()).select_from(CollectionRun).where(*wanted)
        )
        rows = await self._session.scalars(
            select(CollectionRun)
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "-started_at", _SORTS, CollectionRun.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[RunRead](
            items=[_run(row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def _server(self, server_id: uuid.UUID) -> MonitoredServer:
        server = await self._session.get(MonitoredServer, server_id)
        if server is None:
            raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
        return server


def _of_rate(facts: list[Fact[BaseModel]], state: FactState | None) -> list[FactRead]:
    if state is None:
        return [_fact(fact, None, None, None) for fact in facts]
    values = cast("Values", json.loads(state.readings))
    troubles = standing.load(state.troubles)
    return [
        _fact(fact, values.get(fact.name), troubles.get(fact.name), state.asked_at)
        for fact in facts
    ]


def _fact(
    fact: Fact[BaseModel],
    value: dict[str, JsonValue] | None,
    trouble: Standing | None,
    asked_at: datetime | None,
) -> FactRead:
    read_at = None
    if value is not None:
        read_at = _time(trouble.read_at) if trouble else asked_at
    return FactRead(
        fact=fact.name,
        title=fact.title,
        rate=fact.rate.value,
        value=value,
        read_at=read_at,
        asked_at=asked_at,
        trouble=trouble.trouble if trouble else None,
        detail=trouble.detail if trouble else "",
        fix=trouble.fix if trouble else "",
        trouble_since=_time(trouble.since) if trouble else None,
    )


def _run(row: CollectionRun) -> RunRead:
    return RunRead(
        id=row.id,
        server_id=row.server_id,
        rate=row.rate,
        started_at=row.started_at,
        seconds=row.seconds,
        status=ServerStatus(row.status),
        facts_read=row.facts_read,
        facts_failed=row.facts_failed,
        samples=row.samples,
        error=row.error,
        troubles=[
            RunTrouble(fact=fact, trouble=one.trouble, detail=one.detail, fix=one.fix)
            for fact, one in standing.load(row.troubles).items()
        ],
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
