"""The sessions a person sees and ends: the own ones, and with the right those of others."""

import uuid
from collections.abc import Sequence

from app.kernel.clock import Clock
from app.kernel.config import SessionPart
from app.kernel.database import Session as Connection
from app.kernel.errors import NotFound
from app.models.core.session import Session
from app.models.core.user import User
from app.services.core.audit import AuditLog
from app.services.core.login_sessions import LoginSessions
from app.services.core.permissions import Actor, P
from app.services.core.users import UserNotFound


class SessionNotFound(NotFound):
    """The user has no such session; it may have ended."""

    title = "There is no such session"


class SessionService:
    """Lists and ends sessions."""

    def __init__(
        self, session: Connection, clock: Clock, audit: AuditLog, limits: SessionPart
    ) -> None:
        self._session = session
        self._rows = LoginSessions(session)
        self._clock = clock
        self._audit = audit
        self._limits = limits

    async def list_of(self, actor: Actor, user_id: uuid.UUID) -> Sequence[Session]:
        """Return the sessions of a user that still count."""
        _require_own(actor, user_id)
        now = self._clock.now()
        return [
            row
            for row in await self._rows.list_of(user_id)
            if (now - row.last_seen_at).total_seconds() < self._limits.idle_seconds
            and (now - row.created_at).total_seconds() < self._limits.absolute_seconds
        ]

    async def end(self, actor: Actor, user_id: uuid.UUID, session_id: uuid.UUID) -> None:
        """End one session; the next request with its cookie is nobody's."""
        _require_own(actor, user_id)
        if not await self._rows.end(user_id, session_id):
            raise SessionNotFound("The user has no session with this id.")
        await self._record(actor, "session.ended", user_id, session_id)

    async def end_others(self, actor: Actor, user_id: uuid.UUID) -> int:
        """End all sessions of a user but the one that asks; return how many."""
        _require_own(actor, user_id)
        count = await self._rows.end_all(user_id, but=actor.session_id)
        await self._record(actor, "session.others_ended", user_id, None)
        return count

    async def end_all(self, actor: Actor, user_id: uuid.UUID) -> int:
        """End all sessions of a user, but the one that asks when it is their own."""
        _require_own(actor, user_id)
        if await self._session.get(User, user_id) is None:
            raise UserNotFound("There is no user with this id.", user_id=str(user_id))
        return await self.end_others(actor, user_id)

    async def _record(
        self, actor: Actor, action: str, user_id: uuid.UUID, session_id: uuid.UUID | None
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="session",
            object_id=session_id,
            name=actor.name,
            details={"user_id": str(user_id)},
        )


def _require_own(actor: Actor, user_id: uuid.UUID) -> None:
    if actor.user_id != user_id:
        actor.require(P.USERS_MANAGE)
