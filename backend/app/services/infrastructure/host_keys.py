"""Host keys: offered at first contact, approved by a person, quarantined when they change.

Nothing becomes trusted by itself. An approval names the exact fingerprint, so that what a person
compared is what becomes pinned, even when another key was offered meanwhile.
"""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue, NotFound
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
    ServerStatus,
)
from app.ports.shell import HostKey
from app.services.core.audit import AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, system
from app.services.infrastructure.events import (
    HostKeyApproved,
    HostKeyEvent,
    HostKeyOffered,
    HostKeyQuarantined,
    HostKeyRejected,
)
from app.services.infrastructure.login_reach import refuse_foreign_login
from app.services.infrastructure.server_errors import ServerNotFound

_NAME_LENGTH = 120
_DECIDED_WITH_IT = (HostKeyState.APPROVED, HostKeyState.QUARANTINED)
_EVENTS: Mapping[str, type[HostKeyEvent]] = {
    event.kind: event
    for event in (HostKeyOffered, HostKeyQuarantined, HostKeyApproved, HostKeyRejected)
}
_UNAPPROVED = 10  # whoever answers there may show a new key at every contact


class HostKeyNotFound(NotFound):
    """The server never showed a key with this fingerprint."""


class HostKeyService:
    """Records what servers show, and what people decide."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self, server_id: uuid.UUID) -> Sequence[HostKeyPin]:
        """Return the keys of a server, the newest first."""
        await self._server(server_id)
        return await self._pins(server_id)

    async def offered(self, server_id: uuid.UUID, key: HostKey) -> HostKeyPin:
        """Record a key that the server showed and that is not approved.

        With an approved key at hand the new one is a change: it is quarantined. A key that was
        retired or rejected and shows up again is a change too.
        """
        server = await self._server(server_id)
        pins = await self._pins(server_id)
        has_approved = any(pin.state == HostKeyState.APPROVED for pin in pins)
        known = next((pin for pin in pins if pin.fingerprint == key.fingerprint), None)
        now = self._clock.now()
        if known is None:
            pin = HostKeyPin(
                server_id=server_id,
                algorithm=key.algorithm,
                public=key.public,
                fingerprint=key.fingerprint,
                state=HostKeyState.QUARANTINED if has_approved else HostKeyState.OFFERED,
                created_at=now,
                updated_at=now,
            )
            self._session.add(pin)
            waiting = [
                old for old in pins if old.state in (HostKeyState.OFFERED, HostKeyState.QUARANTINED)
            ]
            for old in waiting[_UNAPPROVED - 1 :]:
                await self._session.delete(old)
            await self._record(system("ssh"), f"host_key.{pin.state.value}", server, key)
            return pin
        if known.state == HostKeyState.RETIRED:
            known.state = HostKeyState.QUARANTINED
            known.updated_at = now
            await self._record(system("ssh"), "host_key.quarantined", server, key)
        return known

    async def approve(self, actor: Actor, server_id: uuid.UUID, fingerprint: str) -> HostKeyPin:
        """Trust this key from now on, and no other of the server any more."""
        server = await self._server(server_id)
        await refuse_foreign_login(self._session, server)
        pins = await self._pins(server_id)
        chosen = self._find(pins, server, fingerprint)
        now = self._clock.now()
        for pin in pins:
            if pin is not chosen and pin.state in _DECIDED_WITH_IT:
                pin.state, pin.updated_at = HostKeyState.RETIRED, now
        replaced: list[JsonValue] = [
            pin.fingerprint for pin in pins if pin.state == HostKeyState.RETIRED
        ]
        chosen.state, chosen.updated_at = HostKeyState.APPROVED, now
        chosen.decided_by = actor.name[:_NAME_LENGTH]
        self._ask_again(server)
        await self._record(actor, "host_key.approved", server, chosen, {"replaced": replaced})
        return chosen

    async def reject(self, actor: Actor, server_id: uuid.UUID, fingerprint: str) -> HostKeyPin:
        """Trust this key no more; without another approved one the server stays locked out."""
        server = await self._server(server_id)
        chosen = self._find(await self._pins(server_id), server, fingerprint)
        chosen.state, chosen.updated_at = HostKeyState.RETIRED, self._clock.now()
        chosen.decided_by = actor.name[:_NAME_LENGTH]
        self._ask_again(server)
        await self._record(actor, "host_key.rejected", server, chosen)
        return chosen

    def _ask_again(self, server: MonitoredServer) -> None:
        """Make the server due; what it waited for has come."""
        now = self._clock.now()
        server.next_due_at = now
        if server.is_enabled and server.reason_kind.startswith("host_key"):
            server.status, server.status_since = ServerStatus.UNKNOWN, now
            server.reason, server.reason_kind = (
                "Not asked since somebody decided about the host key.",
                ("never_asked"),
            )
            server.fix = ""

    @staticmethod
    def _find(pins: Sequence[HostKeyPin], server: MonitoredServer, fingerprint: str) -> HostKeyPin:
        for pin in pins:
            if pin.fingerprint == fingerprint:
                return pin
        raise HostKeyNotFound(
            f"{server.name} never showed a host key with the fingerprint {fingerprint}.",
            fix="Compare the fingerprint again; `ssh-keygen -l -f` on the machine prints it.",
        )

    async def _server(self, server_id: uuid.UUID) -> MonitoredServer:
        server = await self._session.get(MonitoredServer, server_id)
        if server is None:
            raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
        return server

    async def _pins(self, server_id: uuid.UUID) -> Sequence[HostKeyPin]:
        return (
            await self._session.scalars(
                select(HostKeyPin)
                .where(HostKeyPin.server_id == server_id)
                .order_by(HostKeyPin.created_at.desc(), HostKeyPin.id.desc())
            )
        ).all()

    async def _record(
        self,
        actor: Actor,
        action: str,
        server: MonitoredServer,
        key: HostKey | HostKeyPin,
        details: dict[str, JsonValue] | None = None,
    ) -> None:
        told = _EVENTS[action](
            object_id=server.id,
            object_name=server.name,
            resource_id=server.id,
            fingerprint=key.fingerprint,
        )
        Outbox(self._session, self._clock).announce(actor, told)
        await self._session.flush()
        await self._audit.record(
            actor,
            action,
            kind="server",
            object_id=server.id,
            name=server.name,
            details={
                "fingerprint": key.fingerprint,
                "algorithm": key.algorithm,
                **(details or {}),
            },
            resource_id=server.id,
        )
