"""Logins between their two steps, in the caller's transaction."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, select, update

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.models.core.pending_login import NextStep, PendingLogin
from app.services.core.secrets import hash_token, new_token

LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Pending:
    """A begun login whose token is known just now, to put it into its own cookie."""

    next_step: NextStep
    token: str = field(repr=False)


class PendingLogins:
    """The rows. A token is looked up by its hash and dies after a few wrong codes."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def open(
        self, user_id: uuid.UUID, step: NextStep, provider_id: uuid.UUID | None
    ) -> Pending:
        """Begin; what has expired is deleted, so that no job is needed."""
        now, token = self._clock.now(), new_token()
        await self._session.execute(delete(PendingLogin).where(PendingLogin.expires_at <= now))
        self._session.add(
            PendingLogin(
                user_id=user_id,
                token_hash=hash_token(token),
                next_step=step.value,
                created_at=now,
                expires_at=now + LIFETIME,
                provider_id=provider_id,
            )
        )
        await self._session.flush()
        return Pending(step, token)

    async def find(self, token: str) -> PendingLogin | None:
        """Return the begun login of a token, None when it counts no longer."""
        statement = (
            select(PendingLogin)
            .where(PendingLogin.token_hash == hash_token(token))
            .where(PendingLogin.expires_at > self._clock.now())
            .where(PendingLogin.attempts < MOST_ATTEMPTS)
        )
        return await self._session.scalar(statement)

    async def count_attempt(self, pending_id: uuid.UUID) -> bool:
        """Count an attempt before it is judged; False when there were too many."""
        counted = await self._session.execute(
            update(PendingLogin)
            .where(PendingLogin.id == pending_id, PendingLogin.attempts < MOST_ATTEMPTS)
            .values(attempts=PendingLogin.attempts + 1)
            .returning(PendingLogin.id)
        )
        return counted.first() is not None

    async def end(self, pending_id: uuid.UUID) -> bool:
        """Use it up; False when another request was faster."""
        ended = await self._session.execute(
            delete(PendingLogin).where(PendingLogin.id == pending_id).returning(PendingLogin.id)
        )
        return ended.first() is not None
