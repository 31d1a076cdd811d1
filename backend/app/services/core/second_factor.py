"""The second factor of a person: set up, checked, renewed and taken away, in one transaction.

Checking a code is cheap, so that it happens inside of the transaction, under the lock of the row:
of two requests with the same code, the second finds its step used.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Sealed, Vault
from app.kernel.database import Session
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import uuid7
from app.models.core.second_factor import SecondFactor
from app.models.core.user import User
from app.services.core import totp
from app.services.core.login_policy import TooManyCodes, WrongCode
from app.services.core.recovery_codes import PEPPER_INFO, RecoveryCodes, is_recovery_code

ENROLMENT_LASTS = timedelta(minutes=15)
MOST_FAILURES = 10
FAILURES_COUNT_FOR = timedelta(minutes=15)


class NoSecondFactor(NotFound):
    """The user has none."""

    title = "There is no second factor"


class SecondFactorIsSet(Conflict):
    """The user has one already."""

    title = "There is a second factor already"


class EnrolmentNotBegun(Conflict):
    """No secret was shown, or too long ago."""

    title = "Begin again"


class Verdict(Enum):
    """What a code is."""

    RIGHT = auto()
    RECOVERY = auto()  # right, and used up
    WRONG = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the person gives to their app; shown once."""

    secret: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorState:
    """What the owner sees of it."""

    row: SecondFactor | None
    codes_left: int


def secret_ref(row: SecondFactor) -> Ref:
    """Return the cell of the confirmed secret."""
    return Ref(SecondFactor.__tablename__, row.id, "secret", row.version)


def pending_ref(row: SecondFactor) -> Ref:
    """Return the cell of the secret that waits for its first code."""
    return Ref(SecondFactor.__tablename__, row.id, "pending", row.version)


class SecondFactors:
    """The factor with its recovery codes. Who calls writes the audit entry and ends sessions."""

    def __init__(self, session: Session, clock: Clock, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self.codes = RecoveryCodes(session, clock, vault.subkey(PEPPER_INFO))

    async def state(self, user_id: uuid.UUID) -> FactorState:
        """Return what may be shown."""
        row = await self._row(user_id)
        return FactorState(row, await self.codes.left(user_id))

    async def begin(self, user: User) -> Enrolment:
        """Make a secret; it counts for nothing until a code of it confirms it."""
        if user.has_second_factor:
            raise SecondFactorIsSet(
                "This account has a second factor.", fix="Turn it off first, then set up another."
            )
        row = await self._row(user.id, is_locked=True)
        if row is None:
            row = SecondFactor(id=uuid7(), user_id=user.id, version=0)
            self._session.add(row)
        secret = totp.new_secret()
        row.version = (row.version or 0) + 1
        row.pending = self._vault.seal(secret, pending_ref(row))
        row.pending_at = self._clock.now()
        await self._session.flush()
        return Enrolment(secret, totp.picture(totp.address(secret, user.name)))

    async def confirm(self, user: User, code: str) -> list[str] | None:
        """Let the secret count; return the recovery codes, or None when the code is wrong."""
        row = await self._row(user.id, is_locked=True)
        now = self._clock.now()
        if row is None or row.pending is None or row.pending_at is None:
            raise EnrolmentNotBegun("No second factor is being set up.", fix="Begin to set one up.")
        if now - row.pending_at > ENROLMENT_LASTS:
            raise EnrolmentNotBegun("The key was shown too long ago.", fix="Begin again.")
        secret = self._vault.open(row.pending, pending_ref(row), "confirm a second factor")
        step = totp.step_of(secret, code, now, after=0)
        if step is None:
            return None
        row.secret = self._vault.seal(secret, secret_ref(row))
        row.pending = row.pending_at = None
        row.confirmed_at, row.last_step = now, step
        row.failures, row.failures_since = 0, None
        user.has_second_factor = True
        return await self.codes.renew(user.id)

    async def check(self, user_id: uuid.UUID, code: str) -> Verdict:
        """Judge a code and note it. The caller commits whatever comes of it: failures count."""
        row = await self._row(user_id, is_locked=True)
        if row is None or row.secret is None:
            return Verdict.WRONG
        if not self._has_attempts(row):
            return Verdict.TOO_MANY
        verdict = await self._judge(row, row.secret, code)
        if verdict is Verdict.WRONG:
            row.failures_since = row.failures_since or self._clock.now()
            row.failures += 1
        else:
            row.failures, row.failures_since = 0, None
        await self._session.flush()
        return verdict

    async def remove(self, user: User) -> None:
        """Take the factor away, with its codes."""
        row = await self._row(user.id, is_locked=True)
        if row is None or not user.has_second_factor:
            raise NoSecondFactor(f"{user.name} has no second factor.")
        await self._session.delete(row)
        await self.codes.remove(user.id)
        user.has_second_factor = False
        await self._session.flush()

    async def _judge(self, row: SecondFactor, sealed: Sealed, code: str) -> Verdict:
        if is_recovery_code(code):
            is_used = await self.codes.use(row.user_id, code)
            return Verdict.RECOVERY if is_used else Verdict.WRONG
        secret = self._vault.open(sealed, secret_ref(row), "check a code")
        step = totp.step_of(secret, code, self._clock.now(), after=row.last_step)
        if step is None:
            return Verdict.WRONG
        row.last_step = step
        return Verdict.RIGHT

    def _has_attempts(self, row: SecondFactor) -> bool:
        now = self._clock.now()
        if row.failures_since is not None and now - row.failures_since >= FAILURES_COUNT_FOR:
            row.failures, row.failures_since = 0, None
        return row.failures < MOST_FAILURES

    async def _row(self, user_id: uuid.UUID, *, is_locked: bool = False) -> SecondFactor | None:
        statement = select(SecondFactor).where(SecondFactor.user_id == user_id)
        if is_locked:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return await self._session.scalar(statement)


def refuse(verdict: Verdict) -> None:
    """Raise what a wrong code means to the person; call it after the commit."""
    if verdict is Verdict.WRONG:
        raise WrongCode(
            "This code does not count: it is mistyped, of another time, or was used before.",
            fix="Wait for the next code. If none ever fits, check the telephone's clock.",
        )
    if verdict is Verdict.TOO_MANY:
        seconds = int(FAILURES_COUNT_FOR.total_seconds())
        raise TooManyCodes(
            "There were too many wrong codes for this account.",
            fix=f"Wait {seconds // 60} minutes, then try again.",
            retry_after=seconds,
        )
