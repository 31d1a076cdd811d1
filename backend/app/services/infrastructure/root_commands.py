"""Enters into the audit log which command lines a machine is sent through sudo, each one once.

A row for every sending would be hundreds of thousands a day, and sudo on the machine logs each use
where it cannot be forged from here. What belongs here is that Unity began to use a right: on which
machine, since when, and in which exact words. What is new in a round is one row, for a fleet of a
thousand machines has ten thousand drives, and each of them a line of its own.
"""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.models.core.audit_entry import AuditEntry
from app.services.core.audit import AuditLog
from app.services.core.permissions import system
from app.services.infrastructure.cycle import CycleResult

ACTION = "server.root_commands_used"


class RootCommands:
    """A sink of the collection, the last one: the chain stays locked until the commit."""

    def __init__(self, clock: Clock, audit_key: bytes) -> None:
        self._clock = clock
        self._audit_key = audit_key
        # What stands in the log, of the machines that this process has looked up there. It is
        # only ever what was read, so that a rolled back transaction leaves nothing behind.
        self._known: dict[uuid.UUID, frozenset[str]] = {}

    async def store(self, session: AsyncSession, results: Sequence[CycleResult]) -> tuple[()]:
        """Enter each line that a machine was sent for the first time."""
        used = {
            one.claim.server_id: one
            for one in results
            if set(one.as_root) - self._known.get(one.claim.server_id, frozenset())
        }
        if not used:
            return ()
        self._known |= await _entered(session, used)
        audit = AuditLog(session, self._clock, self._audit_key)
        for server_id, result in used.items():
            new: list[JsonValue] = [
                line for line in result.as_root if line not in self._known[server_id]
            ]
            if new:
                await audit.record(
                    system("collector"),
                    ACTION,
                    kind="server",
                    object_id=server_id,
                    name=result.claim.name,
                    resource_id=server_id,
                    details={"commands": new},
                )
        return ()


async def _entered(
    session: AsyncSession, server_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, frozenset[str]]:
    """Return the lines that stand in the log, by machine."""
    found: dict[uuid.UUID, set[str]] = {server_id: set() for server_id in server_ids}
    rows = await session.execute(
        select(AuditEntry.object_id, AuditEntry.entry).where(
            AuditEntry.object_id.in_(server_ids), AuditEntry.action == ACTION
        )
    )
    for server_id, entry in rows:
        if server_id is not None:
            found[server_id].update(map(str, json.loads(entry)["details"]["commands"]))
    return {server_id: frozenset(lines) for server_id, lines in found.items()}
