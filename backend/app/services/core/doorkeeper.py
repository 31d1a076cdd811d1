"""Set-up, login, step-up and new passwords: what needs the slow hash between two transactions.

Hashing takes a fifth of a second; inside of a transaction it would stop all other writers.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.config import SessionPart
from app.kernel.database import Database, Session
from app.kernel.errors import Conflict, PermissionDenied, Unauthenticated
from app.models.core.session import Session as LoginSession
from app.models.core.user import User
from app.schemas.core.session import Setup
from app.schemas.core.user import UserCreate
from app.services.core.audit import AuditLog
from app.services.core.identity import Identity
from app.services.core.login_sessions import LoginSessions, Opened
from app.services.core.passwords import check_strength
from app.services.core.permissions import ROLES, Actor, ActorKind, Role
from app.services.core.secrets import hash_token
from app.services.core.setup_tokens import SetupTokens
from app.services.core.users import UserService, check_name, normal_name
from app.services.core.visits import Visit


class WrongLogin(Unauthenticated):
    """The name or the password is wrong; which one is nobody's business."""

    title = "The name or the password is wrong"


class WrongPassword(PermissionDenied):
    """The repeated password is wrong."""

    title = "The password is wrong"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who came in, and the session that was opened."""

    user: User
    opened: Opened


@dataclass(frozen=True, slots=True)
class Keys:
    """What the doorkeeper works with."""

    database: Database
    clock: Clock
    audit_key: bytes
    limits: SessionPart


class Doorkeeper:
    """Checks passwords outside of transactions, then writes in one."""

    def __init__(self, keys: Keys, identity: Identity) -> None:
        self._database = keys.database
        self._clock = keys.clock
        self._audit_key = keys.audit_key
        self._session_limits = keys.limits
        self._passwords = identity.passwords
        self._limits = identity.limits

    async def set_up(self, setup: Setup, visit: Visit) -> Welcome:
        """Make the first admin, and log them in. A failure gives the token back."""
        name = check_name(setup.name)
        password = setup.password.get_secret_value()
        check_strength(password, name=name)
        self._limits.begin(name, visit.address)
        hashed = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            users = self._users(session)
            await SetupTokens(session, self._clock, users).redeem(setup.token.get_secret_value())
            actor = Actor(ActorKind.ANONYMOUS, "set-up token", address=visit.address)
            user = await users.create(
                actor,
                name=name,
                full_name=setup.full_name,
                role=Role.ADMIN,
                password_hash=hashed,
            )
            opened = await self._enter(session, user, visit)
        self._limits.succeed(name, visit.address)
        return Welcome(user, opened)

    async def log_in(self, name: str, password: str, visit: Visit, old: str | None) -> Welcome:
        """Open a session, or raise after the same work whether or not the name exists."""
        name = normal_name(name)
        self._limits.begin(name, visit.address)
        async with self._database.snapshot() as session:
            seen = await self._users(session).find_by_name(name)
        stored = None if seen is None else seen.password_hash
        if not await self._passwords.verify(stored, password) or seen is None:
            await self._note_failure(seen, visit)
            raise WrongLogin(
                "No user has this name and this password.",
                fix="Lost it? An admin can set a new one, or `unity user reset-password NAME`.",
            )
        newer = None
        if self._passwords.is_outdated(seen.password_hash):
            newer = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            user = await self._unchanged(session, seen)
            if newer is not None:
                user.password_hash = newer
            if old is not None:
                await self._drop(session, old)
            opened = await self._enter(session, user, visit)
        self._limits.succeed(name, visit.address)
        return Welcome(user, opened)

    async def step_up(self, actor: Actor, password: str, visit: Visit) -> Opened:
        """Renew the session after the password was repeated; dangerous verbs are open then."""
        user = await self._check_own(actor, password, visit)
        async with self._database.transaction() as session:
            opened = await self._rotate(session, actor)
            await self._audit(session).record(
                actor, "session.stepped_up", kind="user", object_id=user.id, name=user.name
            )
        return opened

    async def change_password(
        self, actor: Actor, current: str, new: str, visit: Visit
    ) -> Opened | None:
        """Set the own password; all other sessions end, and the present one is renewed."""
        user = await self._check_own(actor, current, visit)
        check_strength(new, name=user.name)
        hashed = await self._passwords.hash(new)
        async with self._database.transaction() as session:
            opened = None if actor.session_id is None else await self._rotate(session, actor)
            await self._users(session).set_password_hash(
                actor, user.id, hashed, keep=actor.session_id
            )
        return opened

    async def create_user(self, actor: Actor, new: UserCreate) -> User:
        """Add a user with a first password."""
        name, password = check_name(new.name), new.password.get_secret_value()
        check_strength(password, name=name)
        hashed = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            return await self._users(session).create(
                actor, name=name, full_name=new.full_name, role=new.role, password_hash=hashed
            )

    async def reset_password(self, actor: Actor, user_id: uuid.UUID, new: str) -> None:
        """Set the password of another, who is logged out everywhere."""
        async with self._database.snapshot() as session:
            user = await self._users(session).get(user_id)
        check_strength(new, name=user.name)
        hashed = await self._passwords.hash(new)
        async with self._database.transaction() as session:
            await self._users(session).set_password_hash(
                actor, user_id, hashed, keep=actor.session_id
            )

    async def _check_own(self, actor: Actor, password: str, visit: Visit) -> User:
        if actor.user_id is None:
            raise Conflict("This command runs as no user, so that it has no password.")
        async with self._database.snapshot() as session:
            user = await self._users(session).get(actor.user_id)
        self._limits.begin(user.name, visit.address)
        if not await self._passwords.verify(user.password_hash, password):
            await self._note_failure(user, visit)
            raise WrongPassword("This is not your password.", fix="Type it once more.")
        self._limits.succeed(user.name, visit.address)
        return user

    async def _unchanged(self, session: Session, seen: User) -> User:
        """Read the user again: a right password of a moment ago may count no longer."""
        user = await session.get(User, seen.id)
        if user is None or user.password_hash != seen.password_hash:
            raise WrongLogin("The password was changed at this very moment.", fix="Log in again.")
        if user.is_disabled:
            raise WrongLogin(
                "This user is disabled.", fix="An admin can enable it again under Users."
            )
        return user

    async def _enter(self, session: Session, user: User, visit: Visit) -> Opened:
        now = self._clock.now()
        user.last_login_at = now
        rows = LoginSessions(session)
        await rows.forget_expired(self._session_limits, now)
        opened = await rows.open(user.id, visit, now)
        await self._audit(session).record(
            Actor(
                ActorKind.USER,
                user.name,
                ROLES[Role(user.role)],
                user_id=user.id,
                session_id=opened.session_id,
                address=visit.address,
            ),
            "session.opened",
            kind="user",
            object_id=user.id,
            name=user.name,
            details={"user_agent": visit.user_agent, "is_secure": visit.is_secure},
        )
        return opened

    async def _rotate(self, session: Session, actor: Actor) -> Opened:
        if actor.session_id is None:
            raise Conflict("An API token needs no step-up.", fix="Send the request as it is.")
        opened = await LoginSessions(session).rotate(actor.session_id, self._clock.now())
        if opened is None:
            raise Unauthenticated("The session has ended meanwhile.", fix="Log in again.")
        return opened

    async def _drop(self, session: Session, cookie: str) -> None:
        """End the session that the browser had before: a login makes a new one, never keeps one."""
        row = await session.scalar(
            select(LoginSession).where(LoginSession.token_hash == hash_token(cookie))
        )
        if row is not None:
            await session.delete(row)

    async def _note_failure(self, user: User | None, visit: Visit) -> None:
        """Write it down, for unknown names too: they must not answer faster.

        The name that was typed is left out: it may be a password in the wrong field.
        """
        async with self._database.transaction() as session:
            await self._audit(session).record(
                Actor(ActorKind.ANONYMOUS, "anonymous", address=visit.address),
                "login.failed",
                kind="user",
                object_id=None if user is None else user.id,
                name="an unknown name" if user is None else user.name,
            )

    def _users(self, session: Session) -> UserService:
        return UserService(session, self._clock, self._audit(session))

    def _audit(self, session: Session) -> AuditLog:
        return AuditLog(session, self._clock, self._audit_key)
