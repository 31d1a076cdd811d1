"""Searching the audit log by its keys, a page at a time, and taking it away as a file.

A page continues below the last `seq`, so that the millionth entry costs what the first does. Text
has no index: a search for it reads so many entries at most, and says where to go on.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Select, func, or_, select

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
from app.services.core.permissions import Actor
from app.services.core.queries import contains

WINDOW = 100_000  # entries that one search for text reads at most
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
# Spreadsheets compute what begins so, and a name in the log may be an attacker's.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditSearch:
    """Finds entries, the newest first."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def page(self, query: AuditQuery) -> AuditPage:
        """Return the next entries below `before`."""
        top = query.before if query.before is not None else await self._last() + 1
        bottom = max(0, top - WINDOW) if query.q else 0
        wanted = matching(query).where(AuditEntry.seq < top)
        if bottom:
            wanted = wanted.where(AuditEntry.seq >= bottom)
        statement = wanted.order_by(AuditEntry.seq.desc()).limit(query.limit + 1)
        rows = (await self._session.scalars(statement)).all()
        shown = rows[: query.limit]
        if len(rows) > query.limit:
            following: int | None = shown[-1].seq
        else:
            following = bottom or None
        return AuditPage(
            items=[read(row) for row in shown],
            next=following,
            searched_to=shown[-1].seq if len(rows) > query.limit else bottom,
        )

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
            yield _csv([_CSV])
        while True:
            with reach.within(within):
                async with self._database.snapshot() as session:
                    rows = await self._after(session, wish, seq, last)
            if not rows:
                return
            seq = rows[-1].seq
            if form is ExportFormat.CSV:
                yield _csv([_cells(row) for row in rows])
            else:
                yield "".join(row.model_dump_json() + "\n" for row in rows)

    async def _after(
        self, session: Session, wish: AuditFilter, seq: int, last: int
    ) -> Sequence[AuditEntryRead]:
        rows = await session.scalars(
            matching(wish)
            .where(AuditEntry.seq > seq, AuditEntry.seq <= last)
            .order_by(AuditEntry.seq)
            .limit(_AT_ONCE)
        )
        return [read(row) for row in rows.all()]


def matching(wish: AuditFilter) -> Select[AuditEntry]:
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
        wanted = wanted.where(
            or_(
                contains(AuditEntry.actor_name, wish.q),
                contains(AuditEntry.object_name, wish.q),
                contains(AuditEntry.action, wish.q),
                contains(AuditEntry.entry, wish.q),
            )
        )
    return wanted


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


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue()
