"""Recovery codes: ten, each lets its owner in once when the authenticator app is lost."""

import hashlib
import hmac
import secrets
import uuid

from sqlalchemy import delete, func, select, update

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.models.core.recovery_code import RecoveryCode

PEPPER_INFO = b"recovery-codes"
COUNT = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike on paper
_GROUPS, _GROUP_LENGTH = 3, 5  # 31^15: 74 bits, so that the HMAC need not be slow


def new_code() -> str:
    """Return a code as it is written down: `k7d2m-9qxwe-…`."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def is_recovery_code(text: str) -> bool:
    """Tell whether the text has the form of one, and not that of an app's code."""
    return len(_bare(text)) == _GROUPS * _GROUP_LENGTH


def _bare(text: str) -> str:
    return "".join(text.lower().replace("-", "").split())


class RecoveryCodes:
    """The rows, in the caller's transaction."""

    def __init__(self, session: Session, clock: Clock, pepper: bytes) -> None:
        self._session = session
        self._clock = clock
        self._pepper = pepper

    async def renew(self, user_id: uuid.UUID) -> list[str]:
        """Make ten new codes, which replace the old ones; they are known just now."""
        await self.remove(user_id)
        codes = [new_code() for _ in range(COUNT)]
        self._session.add_all(
            RecoveryCode(user_id=user_id, code_hmac=self._hmac(user_id, code)) for code in codes
        )
        await self._session.flush()
        return codes

    async def use(self, user_id: uuid.UUID, code: str) -> bool:
        """Use a code up; of two that bring the same at once, one finds it used."""
        used = await self._session.execute(
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user_id)
            .where(RecoveryCode.code_hmac == self._hmac(user_id, code))
            .where(RecoveryCode.used_at.is_(None))
            .values(used_at=self._clock.now())
            .returning(RecoveryCode.id)
        )
        return used.first() is not None

    async def left(self, user_id: uuid.UUID) -> int:
        """Return how many can still be used."""
        statement = select(func.count()).where(
            RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def remove(self, user_id: uuid.UUID) -> None:
        """Forget all codes of a user."""
        await self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))

    def _hmac(self, user_id: uuid.UUID, code: str) -> str:
        data = user_id.bytes + _bare(code).encode("utf-8", "replace")
        return hmac.new(self._pepper, data, hashlib.sha256).hexdigest()
