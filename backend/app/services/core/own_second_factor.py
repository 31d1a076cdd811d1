"""The second factor as its owner manages it, and as an admin takes it away."""

import uuid

from sqlalchemy import update

from app.kernel.database import Session
from app.kernel.errors import Conflict, PermissionDenied
from app.models.core.session import Session as LoginSession
from app.models.core.user import User
from app.services.core.entrance import Keys
from app.services.core.login_policy import is_demanded
from app.services.core.login_sessions import LoginSessions
from app.services.core.permissions import Actor, P, Role
from app.services.core.second_factor import (
    Enrolment,
    FactorState,
    NoSecondFactor,
    SecondFactors,
    Verdict,
    refuse,
)
from app.services.core.users import UserService


class SecondFactorDemanded(Conflict):
    """The settings want one of everybody in this role."""

    title = "The second factor is demanded"


class NeedsBrowser(PermissionDenied):
    """An API token or a command does what only a person in a browser may."""

    title = "Only a person can do this"


class OwnSecondFactor:
    """Each call is a transaction; a wrong code is answered after it."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def state(self, actor: Actor) -> FactorState:
        """Return what may be shown."""
        async with self._keys.database.snapshot() as session:
            user = await self._own(session, actor)
            return await self._factors(session).state(user.id)

    def is_demanded(self, role: Role) -> bool:
        """Tell whether people of this role may not turn it off."""
        return is_demanded(self._keys.login, role)

    async def begin(self, actor: Actor) -> Enrolment:
        """Show a secret, which counts for nothing yet."""
        async with self._keys.database.transaction() as session:
            return await self._factors(session).begin(await self._own(session, actor))

    async def confirm(self, actor: Actor, code: str) -> list[str]:
        """Let it count; the other sessions, which were opened without it, end."""
        async with self._keys.database.transaction() as session:
            user = await self._own(session, actor)
            codes = await self._factors(session).confirm(user, code)
            if codes is not None:
                await LoginSessions(session).end_all(user.id, but=actor.session_id)
                await session.execute(
                    update(LoginSession)
                    .where(LoginSession.id == actor.session_id)
                    .values(has_second_factor=True)
                )
                await self._record(session, actor, "second_factor.set", user)
        if codes is None:
            refuse(Verdict.WRONG)
        return codes or []

    async def renew_codes(self, actor: Actor) -> list[str]:
        """Make ten new recovery codes; the old ones count no longer."""
        async with self._keys.database.transaction() as session:
            user = await self._own(session, actor)
            if not user.has_second_factor:
                raise NoSecondFactor("This account has no second factor.", fix="Set one up first.")
            codes = await self._factors(session).codes.renew(user.id)
            await self._record(session, actor, "recovery_codes.renewed", user)
        return codes

    async def turn_off(self, actor: Actor) -> None:
        """Take the own factor away, unless the settings demand one."""
        async with self._keys.database.transaction() as session:
            user = await self._own(session, actor)
            if self.is_demanded(Role(user.role)):
                raise SecondFactorDemanded(
                    "The settings of this Unity demand a second factor of your role.",
                    fix="For a new telephone, let an admin reset it and set it up at the login.",
                )
            await self._factors(session).remove(user)
            await self._record(session, actor, "second_factor.turned_off", user)

    async def reset(self, actor: Actor, user_id: uuid.UUID) -> User:
        """Take another's factor away; they are logged out everywhere."""
        actor.require(P.USERS_MANAGE)
        async with self._keys.database.transaction() as session:
            user = await self._users(session).get(user_id)
            await self._factors(session).remove(user)
            await LoginSessions(session).end_all(user.id)
            await self._record(session, actor, "second_factor.reset", user)
        return user

    async def _own(self, session: Session, actor: Actor) -> User:
        if actor.user_id is None or actor.session_id is None:
            raise NeedsBrowser(
                "A second factor belongs to a person, not to a token or a command.",
                fix="Log in with a browser.",
            )
        return await self._users(session).get(actor.user_id)

    def _factors(self, session: Session) -> SecondFactors:
        return SecondFactors(session, self._keys.clock, self._keys.vault)

    def _users(self, session: Session) -> UserService:
        return UserService(session, self._keys.clock, self._keys.audit(session))

    async def _record(self, session: Session, actor: Actor, action: str, user: User) -> None:
        await self._keys.audit(session).record(
            actor, action, kind="user", object_id=user.id, name=user.name
        )
