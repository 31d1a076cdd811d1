"""Searching the audit log by its keys, a page at a time, and taking it away as a file.

A page continues below the last `seq`, so that the millionth entry costs what the first does. A
search for text leaves out the thousands in which it cannot stand, reads so many entries at most,
and says where to go on.
"""

import json
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.kernel import reach
from app.kernel.clock import Clock
from app.kernel.database import Database, Session
from app.kernel.errors import JsonValue
from app.models.core.audit_entry import AuditEntry
from app.schemas.core.audit import (
    AuditEntryRead,
    AuditFilter,
    AuditPage,
    AuditQuery,
    ExportFormat,
)
from app.services.core.audit import AuditLog
from app.services.core.audit_summaries import BLOCK, block_of, ruled_out, wanted_marks
from app.services.core.permissions import Actor
from app.services.core.queries import contains
from app.services.core.tables import csv_lines

WINDOW = 100_000  # entries that one search for text reads at most
MOST_BLOCKS = 5000  # that one search for text looks at: five million entries
_RUN = 20_000  # entries that one statement reads at most
_AT_ONCE = 1000
_CSV = (
    "seq",
    "at",
    "actor_kind",
    "actor_name",
    "address",
    "action",
    "result",
    "object_kind",
    "object_name",
    "object_id",
    "resource_id",
    "request_id",
    "reason",
    "details",
    "h",
)


class AuditSearch:
    """Finds entries, the newest first."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def page(self, query: AuditQuery) -> AuditPage:
        """Return the next entries below `before`."""
        top = query.before if query.before is not None else await self._last() + 1
        if query.q:
            rows, bottom = await self._by_text(query, top)
        else:
            rows, bottom = await self._newest(query, AuditEntry.seq < top, query.limit + 1), 0
        shown, is_more = rows[: query.limit], len(rows) > query.limit
        return AuditPage(
            items=[read(row) for row in shown],
            next=shown[-1].seq if is_more else bottom or None,
            searched_to=shown[-1].seq if is_more else bottom,
        )

    async def _by_text(self, query: AuditQuery, top: int) -> tuple[Sequence[AuditEntry], int]:
        """Read downwards what may hold the text; return what was found, and how far it reached."""
        newest = block_of(top - 1)
        blocks = range(max(0, newest + 1 - MOST_BLOCKS), newest + 1)
        rows: list[AuditEntry] = []
        readable = WINDOW
        for low, high in await self._candidates(query.q, blocks):
            end = min(high, top)
            start = max(low, end - readable)
            within = and_(AuditEntry.seq >= start, AuditEntry.seq < end)
            rows += await self._newest(query, within, query.limit + 1 - len(rows))
            readable -= end - start
            if len(rows) > query.limit or readable <= 0:
                return rows, start if start > 1 else 0
        return rows, blocks.start * BLOCK + 1 if blocks.start else 0

    async def _candidates(self, text: str, blocks: range) -> Sequence[tuple[int, int]]:
        """Return the ranges of entries in which the text may stand, the newest first."""
        marks = wanted_marks(text)
        without = await ruled_out(self._session, marks, blocks) if marks else ()
        ranges: list[tuple[int, int]] = []
        for block in reversed(blocks):
            if block in without:
                continue
            start, end = block * BLOCK + 1, (block + 1) * BLOCK + 1
            if ranges and ranges[-1][0] == end and ranges[-1][1] - start <= _RUN:
                end = ranges.pop()[1]
            ranges.append((start, end))
        return ranges

    async def _newest(
        self, query: AuditQuery, within: ColumnElement[bool], most: int
    ) -> Sequence[AuditEntry]:
        wanted = matching(query, is_sqlite=_is_sqlite(self._session)).where(within)
        rows = await self._session.scalars(wanted.order_by(AuditEntry.seq.desc()).limit(most))
        return rows.all()

    async def _last(self) -> int:
        return await self._session.scalar(select(func.max(AuditEntry.seq))) or 0


class AuditExport:
    """Writes all matching entries out, the oldest first, a thousand at a time."""

    def __init__(self, database: Database, clock: Clock, audit_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._audit_key = audit_key

    async def begin(self, actor: Actor, wish: AuditFilter, form: ExportFormat) -> int:
        """Record who takes what away; return the last entry that the file will hold."""
        filters: dict[str, JsonValue] = wish.model_dump(
            mode="json", exclude_defaults=True, exclude={"format"}
        )
        async with self._database.transaction() as session:
            last = await session.scalar(select(func.max(AuditEntry.seq))) or 0
            await AuditLog(session, self._clock, self._audit_key).record(
                actor,
                "audit.exported",
                kind="audit",
                object_id=None,
                name="audit log",
                details={"format": form.value, "filters": filters, "up_to": last},
            )
        return last

    async def lines(self, wish: AuditFilter, form: ExportFormat, last: int) -> AsyncIterator[str]:
        """Yield the file piece by piece, as far as the request that began it reaches."""
        within, seq = reach.current.get(), 0
        if form is ExportFormat.CSV:
            yield csv_lines([_CSV])
        while True:
            with reach.within(within):
                async with self._database.snapshot() as session:
                    rows = await self._after(session, wish, seq, last)
            if not rows:
                return
            seq = rows[-1].seq
            if form is ExportFormat.CSV:
                yield csv_lines([_cells(row) for row in rows])
            else:
                yield "".join(row.model_dump_json() + "\n" for row in rows)

    async def _after(
        self, session: Session, wish: AuditFilter, seq: int, last: int
    ) -> Sequence[AuditEntryRead]:
        rows = await session.scalars(
            matching(wish, is_sqlite=_is_sqlite(session))
            .where(AuditEntry.seq > seq, AuditEntry.seq <= last)
            .order_by(AuditEntry.seq)
            .limit(_AT_ONCE)
        )
        return [read(row) for row in rows.all()]


def matching(wish: AuditFilter, *, is_sqlite: bool) -> Select[AuditEntry]:
    """Select the entries that a filter wants."""
    wanted = select(AuditEntry)
    exact = {
        AuditEntry.actor_name: wish.actor or None,
        AuditEntry.actor_id: wish.actor_id,
        AuditEntry.object_kind: wish.object_kind or None,
        AuditEntry.object_id: wish.object_id,
        AuditEntry.resource_id: wish.resource_id,
        AuditEntry.result: wish.result,
    }
    for column, value in exact.items():
        if value is not None:
            wanted = wanted.where(column == value)
    if wish.action:
        wanted = wanted.where(AuditEntry.action.startswith(wish.action, autoescape=True))
    if wish.since is not None:
        wanted = wanted.where(AuditEntry.at >= wish.since)
    if wish.until is not None:
        wanted = wanted.where(AuditEntry.at < wish.until)
    if wish.q:
        wanted = wanted.where(_holds(wish.q, is_sqlite=is_sqlite))
    return wanted


def _holds(text: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Tell whether an entry holds the text, whatever the case of A to Z."""
    spelled = json.dumps(text, ensure_ascii=True)[1:-1]
    if is_sqlite:  # its LIKE minds no case, and needs no copy of each entry in small letters
        there = AuditEntry.entry.contains(spelled, autoescape=True)
    else:
        there = AuditEntry.entry.icontains(spelled, autoescape=True)
    if spelled == text:
        return there  # the entry repeats all that stands in the other columns
    return or_(there, contains(AuditEntry.actor_name, text), contains(AuditEntry.object_name, text))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def read(row: AuditEntry) -> AuditEntryRead:
    """Return an entry as people read it."""
    try:
        entry = json.loads(row.entry)
    except ValueError:
        entry = {}  # somebody wrote into the database; the verification says so
    return AuditEntryRead(
        id=row.id,
        seq=row.seq,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        actor_id=row.actor_id,
        address=entry.get("actor", {}).get("address"),
        action=row.action,
        result=row.result,
        object_kind=row.object_kind,
        object_id=row.object_id,
        object_name=row.object_name,
        resource_id=row.resource_id,
        request_id=row.request_id,
        reason=entry.get("reason", ""),
        details=entry.get("details", {}),
        h=row.h,
    )


def _cells(row: AuditEntryRead) -> list[str]:
    values = row.model_dump(mode="json")
    values["details"] = json.dumps(values["details"], sort_keys=True, ensure_ascii=False)
    return ["" if values[name] is None else str(values[name]) for name in _CSV]
