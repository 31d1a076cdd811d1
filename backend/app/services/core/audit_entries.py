"""The check of the whole audit chain, on the database."""

from collections.abc import Sequence

from sqlalchemy import select

from app.kernel.database import Session
from app.models.core.audit_entry import AuditEntry
from app.services.core.audit_verify import ChainCheck, ChainRow, Report
from app.services.core.checkpoint_form import Checkpoint

_AT_ONCE = 1000


class AuditEntries:
    """The entries in the order of the chain."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
