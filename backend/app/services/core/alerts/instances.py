"""The engine's memory in the database: rows that exist only for what is not simply well."""

import uuid
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.ids import uuid7
from app.models.core.alert_rule import AlertInstance, Phase
from app.services.core.alerts.looks import Look
from app.services.core.alerts.machine import Memory
from app.services.core.metrics.statements import insert_missing, table_of

_TABLE = table_of(AlertInstance)
_AT_ONCE = 5000  # far below the number of parameters that SQLite takes
_NAMES = (
    *(_TABLE.c.id, _TABLE.c.rule_id, _TABLE.c.resource_id, _TABLE.c.fingerprint),
    *(_TABLE.c.subject, _TABLE.c.labels),
)
_COLUMNS = (
    *_NAMES,
    *(_TABLE.c.alert_id, _TABLE.c.version),
    *(_TABLE.c.last_value, _TABLE.c.phase, _TABLE.c.since, _TABLE.c.seen, _TABLE.c.clear_since),
    *(_TABLE.c.last_at, _TABLE.c.cool_until, _TABLE.c.changes, _TABLE.c.is_flapping),
)


@dataclass(slots=True)
class Kept:
    """One row, while it is worked on."""

    id: uuid.UUID
    rule_id: uuid.UUID
    resource_id: uuid.UUID
    fingerprint: str
    subject: str
    labels: Mapping[str, str]
    alert_id: uuid.UUID | None
    version: int
    last_value: float | None
    memory: Memory = field(default_factory=Memory)
    due_at: datetime | None = None


class TwoAtOnce(Exception):
    """Another worker changed a row that this one had locked: the engine's own mistake."""


class InstanceStore:
    """Reads, locks and writes instances; each in one statement for many."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_resources(self, resource_ids: Iterable[uuid.UUID]) -> dict[str, Kept]:
        """Return what is remembered of some resources, without their memories; nothing is locked.

        Every batch asks, and only those that are locked next are worth reading as a whole.
        """
        ids = sorted(set(resource_ids))
        found: dict[str, Kept] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            rows = await self._session.execute(
                select(*_NAMES).where(_TABLE.c.resource_id.in_(some))
            )
            found |= {row.fingerprint: Kept(*row, None, 0, None) for row in rows}
        return found

    async def of_rules(self, rule_ids: Iterable[uuid.UUID]) -> dict[str, Kept]:
        """Return what is remembered for some rules."""
        return await self._read(_TABLE.c.rule_id.in_(sorted(set(rule_ids))), is_locked=False)

    async def due(self, now: datetime) -> dict[str, Kept]:
        """Return those that time alone may change."""
        return await self._read(_TABLE.c.due_at <= now, is_locked=False)

    async def lock(self, looks: Sequence[Look], known: Container[str]) -> dict[str, Kept]:
        """Lock the rows of looks, and make those that are not known, always in the same order.

        Two workers that see the same condition at once meet here: the second one waits, and then
        reads what the first has written.
        """
        by_print = {look.fingerprint: look for look in looks}
        prints = sorted(by_print)
        rows: list[dict[str, object]] = [
            _new_row(by_print[each]) for each in prints if each not in known
        ]
        if rows:
            await insert_missing(self._session, AlertInstance, rows)
        return await self.relock(prints)

    async def relock(self, fingerprints: Sequence[str]) -> dict[str, Kept]:
        """Lock rows that exist."""
        found: dict[str, Kept] = {}
        ordered = sorted(fingerprints)
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            found |= await self._read(_TABLE.c.fingerprint.in_(some), is_locked=True)
        return found

    async def write(self, changed: Sequence[Kept], forgotten: Sequence[Kept]) -> None:
        """Store what was changed, and drop what need not be remembered any more."""
        if changed:
            statement = _UPDATE.where(
                _TABLE.c.id == bindparam("key"), _TABLE.c.version == bindparam("seen_version")
            )
            connection = await self._session.connection()
            result = await connection.execute(statement, [_values(one) for one in changed])
            if result.rowcount not in (-1, len(changed)):
                raise TwoAtOnce
        for start in range(0, len(forgotten), _AT_ONCE):
            ids = [one.id for one in forgotten[start : start + _AT_ONCE]]
            await self._session.execute(delete(_TABLE).where(_TABLE.c.id.in_(ids)))

    async def _read(self, wanted: ColumnElement[bool], *, is_locked: bool) -> dict[str, Kept]:
        query = select(*_COLUMNS).where(wanted).order_by(_TABLE.c.fingerprint)
        if is_locked:
            query = query.with_for_update()
        return {row.fingerprint: _kept(row) for row in await self._session.execute(query)}


_UPDATE = update(_TABLE).values(
    {
        name: bindparam(f"new_{name}")
        for name in (
            *("alert_id", "version", "last_value", "phase", "since", "seen", "clear_since"),
            *("last_at", "cool_until", "changes", "is_flapping", "due_at"),
        )
    }
)


def _kept(row: Row) -> Kept:  # type: ignore[type-arg]  # its columns are those of _COLUMNS
    memory = Memory(
        phase=Phase(row.phase),
        since=row.since,
        seen=row.seen,
        clear_since=row.clear_since,
        last_at=row.last_at,
        cool_until=row.cool_until,
        changes=tuple(datetime.fromtimestamp(each, UTC) for each in row.changes),
        is_flapping=row.is_flapping,
    )
    return Kept(*row[:9], memory)  # type: ignore[call-arg]  # its columns, in their order


def _new_row(look: Look) -> dict[str, object]:
    memory = Memory()
    return {
        "id": uuid7(),
        "rule_id": look.rule.id,
        "resource_id": look.resource_id,
        "fingerprint": look.fingerprint,
        "subject": look.subject,
        "labels": dict(look.labels),
        "phase": memory.phase,
        "seen": memory.seen,
        "changes": [],
        "is_flapping": memory.is_flapping,
        "version": 0,
    }


def _values(kept: Kept) -> dict[str, object]:
    memory = kept.memory
    return {
        "key": kept.id,
        "seen_version": kept.version,
        "new_alert_id": kept.alert_id,
        "new_version": kept.version + 1,
        "new_last_value": kept.last_value,
        "new_phase": memory.phase,
        "new_since": memory.since,
        "new_seen": memory.seen,
        "new_clear_since": memory.clear_since,
        "new_last_at": memory.last_at,
        "new_cool_until": memory.cool_until,
        "new_changes": [change.timestamp() for change in memory.changes],
        "new_is_flapping": memory.is_flapping,
        "new_due_at": kept.due_at,
    }
