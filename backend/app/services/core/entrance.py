"""The last part of every login, however it began: a session, or the step that is still missing."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.config import LoginPart, SessionPart
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.models.core.pending_login import NextStep
from app.models.core.session import Session as LoginSession
from app.models.core.user import User
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.login_failures import watch_failures
from app.services.core.login_policy import next_step
from app.services.core.login_sessions import LoginSessions, Opened
from app.services.core.pending_logins import Pending, PendingLogins
from app.services.core.permissions import ROLES, Actor, ActorKind, Role
from app.services.core.secrets import hash_token
from app.services.core.visits import Visit


@dataclass(frozen=True, slots=True)
class Keys:
    """What those at the door work with."""

    database: Database
    clock: Clock
    vault: Vault
    limits: SessionPart
    login: LoginPart

    def audit(self, session: Session) -> AuditLog:
        """Return the audit log of a transaction."""
        return AuditLog(session, self.clock, self.vault.subkey(KEY_INFO))


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody came: for the audit log, and for what is still asked of them."""

    by: str  # password, code, recovery code, provider, set-up
    has_second_factor: bool = False
    provider_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who came, and the session that was opened; or the login that is still pending."""

    user: User
    opened: Opened | None
    pending: Pending | None = None


class Entrance:
    """Opens sessions, in the caller's transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        self._session = session
        self._keys = keys

    async def receive(self, user: User, visit: Visit, way: Way, *, old: str | None) -> Welcome:
        """Let a person in, or ask for what is missing."""
        step = next_step(self._keys.login, user, is_vouched=way.has_second_factor)
        if step is None:
            return Welcome(user, await self.open(user, visit, way, old=old))
        return Welcome(user, None, await self._ask_for(step, user, way))

    async def open(self, user: User, visit: Visit, way: Way, *, old: str | None) -> Opened:
        """Open a session; the one that the browser had before ends."""
        now, rows = self._keys.clock.now(), LoginSessions(self._session)
        if old is not None:
            await self._drop(old)
        user.last_login_at = now
        await rows.forget_expired(self._keys.limits, now)
        opened = await rows.open(
            user.id,
            visit,
            now,
            has_second_factor=way.has_second_factor,
            provider_id=way.provider_id,
        )
        await self._keys.audit(self._session).record(
            acting(user, visit, opened.session_id),
            "session.opened",
            kind="user",
            object_id=user.id,
            name=user.name,
            details={
                "by": way.by,
                "user_agent": visit.user_agent,
                "is_secure": visit.is_secure,
            },
        )
        return opened

    async def _ask_for(self, step: NextStep, user: User, way: Way) -> Pending:
        pendings = PendingLogins(self._session, self._keys.clock)
        return await pendings.open(user.id, step, way.provider_id)

    async def _drop(self, cookie: str) -> None:
        """End the session that the browser had before: a login makes a new one, never keeps one."""
        row = await self._session.scalar(
            select(LoginSession).where(LoginSession.token_hash == hash_token(cookie))
        )
        if row is not None:
            await self._session.delete(row)


def acting(user: User, visit: Visit, session_id: uuid.UUID | None = None) -> Actor:
    """Return the actor of a person who comes in."""
    return Actor(
        ActorKind.USER,
        user.name,
        ROLES[Role(user.role)],
        user_id=user.id,
        session_id=session_id,
        address=visit.address,
    )


async def note_failure(keys: Keys, user: User | None, visit: Visit, what: str) -> None:
    """Write it down, for unknown names too: they must not answer faster.

    The name that was typed is left out: it may be a password in the wrong field.
    """
    async with keys.database.transaction() as session:
        await keys.audit(session).record(
            Actor(ActorKind.ANONYMOUS, "anonymous", address=visit.address),
            "login.failed",
            kind="user",
            object_id=None if user is None else user.id,
            name="an unknown name" if user is None else user.name,
            details={"what": what},
        )
        await watch_failures(session, keys.clock, user)
