"""The SQL of the results: a constant number of statements for any number of servers."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from sqlalchemy import Table, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.collection import (
    CollectionRun,
    FactState,
    ServerSummary,
    StatusChange,
)
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.services.infrastructure import standing
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.result_rows import Before, KnownFacts, Rows, Values
from app.services.infrastructure.status import Verdict
from app.services.infrastructure.summary import COLUMNS, Summary

_SERVER = cast("Table", MonitoredServer.__table__)
_FACTS = cast("Table", FactState.__table__)
_SUMMARY = cast("Table", ServerSummary.__table__)
_RUN = cast("Table", CollectionRun.__table__)
_CHANGE = cast("Table", StatusChange.__table__)

_UPDATE_SERVER = (
    update(_SERVER)
    .where(_SERVER.c.id == bindparam("key"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "status",
                "reason_kind",
                "reason",
                "fix",
                "status_since",
                "last_seen_at",
                "last_attempt_at",
                "next_due_at",
                "slow_due_at",
            )
        }
    )
)
_UPDATE_FACTS = (
    update(_FACTS)
    .where(_FACTS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("asked_at", "readings", "troubles")})
)
_UPDATE_SUMMARY = (
    update(_SUMMARY)
    .where(_SUMMARY.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("at", *COLUMNS)})
)
_SUMMARY_COLUMNS = tuple(_SUMMARY.c[name] for name in COLUMNS)


async def read_before(
    session: AsyncSession, results: Sequence[CycleResult]
) -> dict[uuid.UUID, Before]:
    """Return what is stored of the servers that still exist and are enabled; locks their rows."""
    ids = sorted({result.claim.server_id for result in results})
    facts = await _read_facts(session, ids, results)
    rows = await session.execute(
        select(
            _SERVER.c.id,
            _SERVER.c.name,
            _SERVER.c.status,
            _SERVER.c.reason_kind,
            _SERVER.c.reason,
            _SERVER.c.fix,
            _SERVER.c.status_since,
            _SERVER.c.last_seen_at,
            _SERVER.c.next_due_at,
            _SERVER.c.slow_due_at,
            _SUMMARY.c.id,
            *_SUMMARY_COLUMNS,
        )
        .outerjoin(_SUMMARY, _SUMMARY.c.server_id == _SERVER.c.id)
        .where(_SERVER.c.id.in_(ids), _SERVER.c.is_enabled)
        .order_by(_SERVER.c.id)
        .with_for_update(of=_SERVER)
    )
    return {
        row[0]: Before(
            name=row[1],
            verdict=Verdict(ServerStatus(row[2]), *row[3:6]),
            status_since=row[6],
            last_seen_at=row[7],
            next_due_at=row[8],
            slow_due_at=row[9],
            summary_id=row[10],
            summary=Summary(*row[11:]) if row[10] else Summary(),
            facts=facts[row[0]],
        )
        for row in rows
    }


async def _read_facts(
    session: AsyncSession, ids: Collection[uuid.UUID], results: Sequence[CycleResult]
) -> Mapping[uuid.UUID, dict[str, KnownFacts]]:
    readings = await _old_readings(session, results)
    found: dict[uuid.UUID, dict[str, KnownFacts]] = defaultdict(dict)
    rows = await session.execute(
        select(
            _FACTS.c.id, _FACTS.c.server_id, _FACTS.c.rate, _FACTS.c.asked_at, _FACTS.c.troubles
        ).where(_FACTS.c.server_id.in_(ids))
    )
    for key, server_id, rate, asked_at, troubles in rows:
        known = KnownFacts(key, asked_at, standing.load(troubles), readings.get(key))
        found[server_id][rate] = known
    return found


async def _old_readings(
    session: AsyncSession, results: Sequence[CycleResult]
) -> Mapping[uuid.UUID, str]:
    """Read the old values, which are long, only where one of them may have to stay."""
    wanted = [
        and_(_FACTS.c.server_id == result.claim.server_id, _FACTS.c.rate == rate.value)
        for result in results
        for rate, readings in result.readings.items()
        if standing.wants_old_values(readings)
    ]
    if not wanted:
        return {}
    rows = await session.execute(select(_FACTS.c.id, _FACTS.c.readings).where(or_(*wanted)))
    return {row.id: row.readings for row in rows}


async def write(session: AsyncSession, after: Sequence[Rows]) -> None:
    """Store the rows of many servers."""
    connection = await session.connection()
    facts = [fact for rows in after for fact in rows.facts]
    summaries = [rows.summary for rows in after if rows.summary is not None]
    for statement, values in (
        (_UPDATE_SERVER, [rows.server for rows in after]),
        (_UPDATE_FACTS, _known(facts)),
        (insert(_FACTS), _new(facts)),
        (_UPDATE_SUMMARY, _known(summaries)),
        (insert(_SUMMARY), _new(summaries)),
        (insert(_RUN), [rows.run for rows in after if rows.run is not None]),
        (insert(_CHANGE), [rows.change for rows in after if rows.change is not None]),
    ):
        if values:
            await connection.execute(statement, values)


def _known(rows: Sequence[tuple[bool, Values]]) -> list[Values]:
    return [values for is_new, values in rows if not is_new]


def _new(rows: Sequence[tuple[bool, Values]]) -> list[Values]:
    return [
        {"id" if name == "key" else name: value for name, value in values.items()}
        for is_new, values in rows
        if is_new
    ]
