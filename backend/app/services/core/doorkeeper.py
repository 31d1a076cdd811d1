"""Set-up, login, step-up and new passwords: what needs the slow hash between two transactions.

Hashing takes a fifth of a second; inside of a transaction it would stop all other writers.
"""

import uuid

from app.kernel.database import Session
from app.kernel.errors import Conflict, InvalidInput, PermissionDenied, Unauthenticated
from app.models.core.user import User
from app.schemas.core.session import Setup
from app.schemas.core.user import UserCreate
from app.services.core.entrance import Entrance, Keys, Way, Welcome, note_failure
from app.services.core.identity import Identity
from app.services.core.login_sessions import LoginSessions, Opened
from app.services.core.passwords import check_strength
from app.services.core.permissions import Actor, ActorKind, Role
from app.services.core.second_factor import SecondFactors, Verdict, refuse
from app.services.core.sessions import SessionService
from app.services.core.setup_tokens import SetupTokens
from app.services.core.users import UserService, check_name, normal_name
from app.services.core.visits import Visit


class WrongLogin(Unauthenticated):
    """The name or the password is wrong; which one is nobody's business."""

    title = "The name or the password is wrong"


class WrongPassword(PermissionDenied):
    """The repeated password is wrong."""

    title = "The password is wrong"


class Doorkeeper:
    """Checks passwords outside of transactions, then writes in one."""

    def __init__(self, keys: Keys, identity: Identity) -> None:
        self._keys = keys
        self._database = keys.database
        self._clock = keys.clock
        self._passwords = identity.passwords
        self._limits = identity.limits

    async def set_up(self, setup: Setup, visit: Visit) -> Welcome:
        """Make the first admin, and log them in. A failure gives the token back."""
        name = check_name(setup.name)
        password = setup.password.get_secret_value()
        self._check_strength(password, name)
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
            entrance = Entrance(session, self._keys)
            welcome = await entrance.receive(user, visit, Way("set-up"), old=None)
        self._limits.succeed(name, visit.address)
        return welcome

    async def log_in(self, name: str, password: str, visit: Visit, old: str | None) -> Welcome:
        """Open a session or begin one; raise after the same work whether or not the name exists.

        The attempt is taken back when the person is in: a right password alone is half of a login.
        """
        name = normal_name(name)
        self._limits.begin(name, visit.address)
        async with self._database.snapshot() as session:
            seen = await self._users(session).find_by_name(name)
        stored = None if seen is None else seen.password_hash
        if not await self._passwords.verify(stored, password) or seen is None:
            await note_failure(self._keys, seen, visit, "password")
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
            entrance = Entrance(session, self._keys)
            welcome = await entrance.receive(user, visit, Way("password"), old=old)
        if welcome.opened is not None:
            self._limits.succeed(name, visit.address)
        return welcome

    async def step_up(
        self, actor: Actor, password: str | None, code: str | None, visit: Visit
    ) -> Opened:
        """Renew the session after the password or a code; dangerous verbs are open then."""
        if (password is None) == (code is None):
            raise InvalidInput(
                "Either the password or a code is needed.", fix="Send one of the two."
            )
        if password is not None:
            user = await self._check_own(actor, password, visit)
        else:
            user = await self._check_code(actor, code or "", visit)
        async with self._database.transaction() as session:
            opened = await self._rotate(session, actor)
            await self._keys.audit(session).record(
                actor,
                "session.stepped_up",
                kind="user",
                object_id=user.id,
                name=user.name,
                details={"by": "code" if password is None else "password"},
            )
        return opened

    async def log_out(self, actor: Actor) -> None:
        """End the own session; a token or a command has none."""
        if actor.session_id is None or actor.user_id is None:
            return
        async with self._database.transaction() as session:
            audit, limits = self._keys.audit(session), self._keys.limits
            sessions = SessionService(session, self._clock, audit, limits)
            await sessions.end(actor, actor.user_id, actor.session_id)

    async def change_password(
        self, actor: Actor, current: str, new: str, visit: Visit
    ) -> Opened | None:
        """Set the own password; all other sessions end, and the present one is renewed."""
        user = await self._check_own(actor, current, visit)
        self._check_strength(new, user.name)
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
        self._check_strength(password, name)
        hashed = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            return await self._users(session).create(
                actor, name=name, full_name=new.full_name, role=new.role, password_hash=hashed
            )

    async def reset_password(self, actor: Actor, user_id: uuid.UUID, new: str) -> None:
        """Set the password of another, who is logged out everywhere."""
        async with self._database.snapshot() as session:
            user = await self._users(session).get(user_id)
        self._check_strength(new, user.name)
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
            await note_failure(self._keys, user, visit, "password")
            raise WrongPassword("This is not your password.", fix="Type it once more.")
        self._limits.succeed(user.name, visit.address)
        return user

    async def _check_code(self, actor: Actor, code: str, visit: Visit) -> User:
        if actor.user_id is None:
            raise Conflict("This command runs as no user, so that it has no second factor.")
        async with self._database.transaction() as session:
            user = await self._users(session).get(actor.user_id)
            self._limits.begin(user.name, visit.address)
            verdict = await SecondFactors(session, self._clock, self._keys.vault).check(
                user.id, code
            )
        if verdict in {Verdict.WRONG, Verdict.TOO_MANY}:
            await note_failure(self._keys, user, visit, "code")
            refuse(verdict)
        self._limits.succeed(user.name, visit.address)
        return user

    def _check_strength(self, password: str, name: str) -> None:
        check_strength(password, name=name, shortest=self._keys.login.password_length)

    async def _unchanged(self, session: Session, seen: User) -> User:
        """Read the user again: a right password of a moment ago may count no longer.

        The row is locked, so that who changes the password meanwhile ends this session, too.
        """
        user = await session.get(User, seen.id, with_for_update=True)
        if user is None or user.password_hash != seen.password_hash:
            raise WrongLogin("The password was changed at this very moment.", fix="Log in again.")
        if user.is_disabled:
            raise WrongLogin(
                "This user is disabled.", fix="An admin can enable it again under Users."
            )
        return user

    async def _rotate(self, session: Session, actor: Actor) -> Opened:
        if actor.session_id is None:
            raise Conflict("An API token needs no step-up.", fix="Send the request as it is.")
        opened = await LoginSessions(session).rotate(actor.session_id, self._clock.now())
        if opened is None:
            raise Unauthenticated("The session has ended meanwhile.", fix="Log in again.")
        return opened

    def _users(self, session: Session) -> UserService:
        return UserService(session, self._clock, self._keys.audit(session))
