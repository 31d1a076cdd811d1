"""The second step of a login: a code, a recovery code, or the set-up that the settings demand.

The token of a begun login opens these three things and nothing else.
"""

from dataclasses import dataclass, field

from app.kernel.database import Session
from app.kernel.errors import Conflict
from app.models.core.pending_login import NextStep, PendingLogin
from app.models.core.user import User
from app.services.core.entrance import Entrance, Keys, Way, Welcome, acting, note_failure
from app.services.core.identity import Identity
from app.services.core.login_policy import LoginBegunTooLongAgo
from app.services.core.pending_logins import PendingLogins
from app.services.core.second_factor import Enrolment, SecondFactors, Verdict, refuse
from app.services.core.visits import Visit


class OtherStepNeeded(Conflict):
    """The begun login waits for something else."""

    title = "The login waits for something else"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A second factor that counts from now on."""

    welcome: Welcome
    codes: list[str] = field(repr=False)


class SecondSteps:
    """Finishes begun logins."""

    def __init__(self, keys: Keys, identity: Identity) -> None:
        self._keys = keys
        self._limits = identity.limits

    async def waits_for(self, token: str | None) -> NextStep | None:
        """Return what a begun login wants; None when it counts no longer."""
        if token is None:
            return None
        async with self._keys.database.snapshot() as session:
            row = await PendingLogins(session, self._keys.clock).find(token)
        return None if row is None else NextStep(row.next_step)

    async def give_code(
        self, token: str | None, code: str, visit: Visit, old: str | None
    ) -> Welcome:
        """Open the session when the code counts; a wrong one is an attempt that is kept."""
        user, pending = await self._begun(token, NextStep.SECOND_FACTOR)
        self._limits.begin(user.name, visit.address)
        welcome: Welcome | None = None
        async with self._keys.database.transaction() as session:
            verdict = await self._judge(session, pending, code)
            if verdict in {Verdict.RIGHT, Verdict.RECOVERY}:
                by = "recovery code" if verdict is Verdict.RECOVERY else "code"
                welcome = await self._enter(session, pending, visit, by, old)
        if welcome is None:
            await note_failure(self._keys, user, visit, "code")
            refuse(verdict)
            raise too_late()
        self._limits.succeed(user.name, visit.address)
        return welcome

    async def begin_enrolment(self, token: str | None) -> Enrolment:
        """Show the secret to whoever must set a second factor up before they are let in."""
        user, _ = await self._begun(token, NextStep.ENROLMENT)
        async with self._keys.database.transaction() as session:
            user = await self._user(session, user)
            return await SecondFactors(session, self._keys.clock, self._keys.vault).begin(user)

    async def confirm_enrolment(
        self, token: str | None, code: str, visit: Visit, old: str | None
    ) -> Enrolled:
        """Let the factor count, and the person in."""
        user, pending = await self._begun(token, NextStep.ENROLMENT)
        self._limits.begin(user.name, visit.address)
        enrolled: Enrolled | None = None
        async with self._keys.database.transaction() as session:
            await self._count(session, pending)
            user = await self._user(session, user)
            factors = SecondFactors(session, self._keys.clock, self._keys.vault)
            codes = await factors.confirm(user, code)
            if codes is not None:
                welcome = await self._enter(session, pending, visit, "code", old)
                await self._keys.audit(session).record(
                    acting(user, visit),
                    "second_factor.set",
                    kind="user",
                    object_id=user.id,
                    name=user.name,
                )
                enrolled = Enrolled(welcome, codes)
        if enrolled is None:
            refuse(Verdict.WRONG)
            raise too_late()
        self._limits.succeed(user.name, visit.address)
        return enrolled

    async def _begun(self, token: str | None, step: NextStep) -> tuple[User, PendingLogin]:
        async with self._keys.database.snapshot() as session:
            row = None
            if token is not None:
                row = await PendingLogins(session, self._keys.clock).find(token)
            user = None if row is None else await session.get(User, row.user_id)
        if row is None or user is None or user.is_disabled:
            raise too_late()
        if row.next_step != step:
            raise OtherStepNeeded(
                "The begun login does not wait for this.", fix="Load the login page again."
            )
        return user, row

    async def _judge(self, session: Session, pending: PendingLogin, code: str) -> Verdict:
        """Count the attempt, then look; what was begun elsewhere meanwhile counts too."""
        await self._count(session, pending)
        factors = SecondFactors(session, self._keys.clock, self._keys.vault)
        return await factors.check(pending.user_id, code)

    async def _count(self, session: Session, pending: PendingLogin) -> None:
        if not await PendingLogins(session, self._keys.clock).count_attempt(pending.id):
            raise too_late()

    async def _enter(
        self, session: Session, pending: PendingLogin, visit: Visit, by: str, old: str | None
    ) -> Welcome:
        if not await PendingLogins(session, self._keys.clock).end(pending.id):
            raise too_late()
        user = await session.get(User, pending.user_id)
        if user is None or user.is_disabled:
            raise too_late()
        way = Way(by, has_second_factor=True, provider_id=pending.provider_id)
        opened = await Entrance(session, self._keys).open(user, visit, way, old=old)
        return Welcome(user, opened)

    async def _user(self, session: Session, seen: User) -> User:
        user = await session.get(User, seen.id)
        if user is None or user.is_disabled:
            raise too_late()
        return user


def too_late() -> LoginBegunTooLongAgo:
    """Return the error of a begun login that counts no longer."""
    return LoginBegunTooLongAgo(
        "The login was begun too long ago, or had too many wrong codes.",
        fix="Give name and password again.",
    )
