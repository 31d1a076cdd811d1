"""Reading the audit log: search, one entry, and the check of the whole chain."""

import json
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select

from app.kernel.database import Session
from app.models.core.audit_entry import AuditEntry
from app.schemas.base import Page
from app.schemas.core.audit import AuditEntryRead, AuditQuery
from app.services.core.audit_verify import ChainCheck, ChainRow, Report
from app.services.core.checkpoint_form import Checkpoint
from app.services.core.queries import contains, sorted_by

_AT_ONCE = 1000
_COLUMNS = {
    "seq": AuditEntry.seq,
    "at": AuditEntry.at,
    "actor_name": AuditEntry.actor_name,
    "action": AuditEntry.action,
    "object_name": AuditEntry.object_name,
}


class AuditEntries:
    """The entries, for people with the right to read them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, query: AuditQuery) -> Page[AuditEntryRead]:
        """Return a page of entries, the newest first unless asked otherwise."""
        wanted = _wanted(query)
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "-seq", _COLUMNS, AuditEntry.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[AuditEntryRead](
            items=[_read(row) for row in rows.all()],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def verify(
        self, *, noted: tuple[int, str] | None = None, checkpoints: Sequence[Checkpoint] = ()
    ) -> Report:
        """Check the whole chain, a thousand rows at a time."""
        check, last = ChainCheck(noted=noted, checkpoints=checkpoints), 0
        while rows := await self._after(last):
            check.feed(_chain_row(row) for row in rows)
            last = rows[-1].seq
            self._session.expunge_all()
        return check.report()

    async def _after(self, seq: int) -> Sequence[AuditEntry]:
        # A seq below 1 is none of ours, but a forged row may have one; it is read first.
        statement = select(AuditEntry).order_by(AuditEntry.seq).limit(_AT_ONCE)
        if seq:
            statement = statement.where(AuditEntry.seq > seq)
        return (await self._session.scalars(statement)).all()


def _wanted(query: AuditQuery) -> Select[AuditEntry]:
    wanted = select(AuditEntry)
    if query.q:
        wanted = wanted.where(
            or_(
                contains(AuditEntry.actor_name, query.q),
                contains(AuditEntry.object_name, query.q),
                contains(AuditEntry.action, query.q),
            )
        )
    if query.action:
        wanted = wanted.where(AuditEntry.action.startswith(query.action, autoescape=True))
    if query.actor_id is not None:
        wanted = wanted.where(AuditEntry.actor_id == query.actor_id)
    if query.object_id is not None:
        wanted = wanted.where(AuditEntry.object_id == query.object_id)
    if query.resource_id is not None:
        wanted = wanted.where(AuditEntry.resource_id == query.resource_id)
    if query.since is not None:
        wanted = wanted.where(AuditEntry.at >= query.since)
    if query.until is not None:
        wanted = wanted.where(AuditEntry.at < query.until)
    return wanted


def _read(row: AuditEntry) -> AuditEntryRead:
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
        object_kind=row.object_kind,
        object_id=row.object_id,
        object_name=row.object_name,
        resource_id=row.resource_id,
        request_id=row.request_id,
        reason=entry.get("reason", ""),
        details=entry.get("details", {}),
        h=row.h,
    )


def _chain_row(row: AuditEntry) -> ChainRow:
    columns = {
        "at": row.at.isoformat(),
        "actor_kind": row.actor_kind,
        "actor_name": row.actor_name,
        "actor_id": _text(row.actor_id),
        "action": row.action,
        "result": row.result,
        "object_kind": row.object_kind,
        "object_id": _text(row.object_id),
        "object_name": row.object_name,
        "resource_id": _text(row.resource_id),
        "request_id": row.request_id,
    }
    return ChainRow(row.seq, row.prev, row.h, row.entry, columns)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
