"""Records the host keys that machines showed during a cycle, for a person to decide about."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.ports.shell import HostKey
from app.services.core.audit import AuditLog
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.host_keys import HostKeyService
from app.services.infrastructure.server_errors import ServerNotFound


class OfferedKeys:
    """Passes unapproved keys to the host key service."""

    def __init__(self, clock: Clock, audit_key: bytes) -> None:
        self._clock = clock
        self._audit_key = audit_key

    async def store(self, session: AsyncSession, results: Sequence[CycleResult]) -> tuple[()]:
        """Record each key once, for the server whose key it is."""
        offered: dict[tuple[uuid.UUID, str], HostKey] = {}
        for result in results:
            if result.offered is not None:
                key, owner = result.offered.key, result.offered.target_key
                server_id = uuid.UUID(owner) if owner else result.claim.server_id
                offered[server_id, key.fingerprint] = key
        if not offered:
            return ()
        audit = AuditLog(session, self._clock, self._audit_key)
        service = HostKeyService(session, self._clock, audit)
        for (server_id, _), key in offered.items():
            try:
                await service.offered(server_id, key)
            except ServerNotFound:
                continue  # a jump host that was deleted meanwhile
        return ()
