"""Login sessions: opened, rotated, listed and ended. The cookie's token is never stored."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from app.kernel.config import SessionPart
from app.kernel.database import Session as Connection
from app.models.core.pending_login import PendingLogin
from app.models.core.session import Session
from app.services.core.secrets import hash_token, new_token
from app.services.core.visits import Visit


@dataclass(frozen=True, slots=True)
class Opened:
    """A session whose token is known just now, to put it into the cookie."""

    session_id: uuid.UUID
    token: str = field(repr=False)


class LoginSessions:
    """The rows of the logins."""

    def __init__(self, session: Connection) -> None:
        self._session = session

    async def open(
        self,
        user_id: uuid.UUID,
        visit: Visit,
        now: datetime,
        *,
        has_second_factor: bool = False,
        provider_id: uuid.UUID | None = None,
    ) -> Opened:
        """Begin a session; the person proved themselves just now, which counts as stepped up."""
        token = new_token()
        row = Session(
            user_id=user_id,
            token_hash=hash_token(token),
            created_at=now,
            last_seen_at=now,
            stepped_up_at=now,
            address=visit.address,
            user_agent=visit.user_agent,
            has_second_factor=has_second_factor,
            provider_id=provider_id,
        )
        self._session.add(row)
        await self._session.flush()
        return Opened(row.id, token)

    async def rotate(self, session_id: uuid.UUID, now: datetime) -> Opened | None:
        """Give a stepped-up session a new token; None when it ended meanwhile."""
        row = await self._session.get(Session, session_id)
        if row is None:
            return None
        token = new_token()
        row.previous_hash, row.token_hash = row.token_hash, hash_token(token)
        row.rotated_at = row.stepped_up_at = row.last_seen_at = now
        await self._session.flush()
        return Opened(row.id, token)

    async def list_of(self, user_id: uuid.UUID) -> Sequence[Session]:
        """Return a user's sessions, the one used last first."""
        statement = (
            select(Session)
            .where(Session.user_id == user_id)
            .order_by(Session.last_seen_at.desc(), Session.id)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def end(self, user_id: uuid.UUID, session_id: uuid.UUID) -> bool:
        """End one session of a user; False when there is none."""
        ended = await self._session.execute(
            delete(Session)
            .where(Session.id == session_id, Session.user_id == user_id)
            .returning(Session.id)
        )
        return ended.first() is not None

    async def end_all(self, user_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
        """End all sessions of a user, except one, and all begun logins; return how many."""
        await self._session.execute(delete(PendingLogin).where(PendingLogin.user_id == user_id))
        statement = delete(Session).where(Session.user_id == user_id)
        if but is not None:
            statement = statement.where(Session.id != but)
            # The token before the last rotation may have been seen by whoever is thrown out.
            await self._session.execute(
                update(Session).where(Session.id == but).values(previous_hash=None)
            )
        return len((await self._session.execute(statement.returning(Session.id))).all())

    async def forget_expired(self, limits: SessionPart, now: datetime) -> None:
        """Delete what no longer counts; called at each login, so that no job is needed."""
        idle = now - timedelta(seconds=limits.idle_seconds)
        absolute = now - timedelta(seconds=limits.absolute_seconds)
        await self._session.execute(
            delete(Session).where(or_(Session.last_seen_at < idle, Session.created_at < absolute))
        )
