"""The first-run token: who can read the server's console makes the first admin, once."""

from datetime import timedelta

from sqlalchemy import delete

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, PermissionDenied
from app.models.core.setup_token import SetupToken
from app.services.core.secrets import hash_token, new_token
from app.services.core.users import UserService

LIFETIME = timedelta(hours=1)


class SetupClosed(Conflict):
    """Unity has users; the set-up is closed for good."""

    title = "The set-up is closed"


class SetupTokenWrong(PermissionDenied):
    """Not the newest token, or older than an hour."""

    title = "The set-up token does not count"


class SetupTokens:
    """Issues and redeems the token, in the caller's transaction."""

    def __init__(self, session: Session, clock: Clock, users: UserService) -> None:
        self._session = session
        self._clock = clock
        self._users = users

    async def issue(self) -> str:
        """Return a new token, which replaces an older one; `SetupClosed` when users exist.

        Print it to standard output and nowhere else: only its hash is kept.
        """
        await self._require_open()
        await self._session.execute(delete(SetupToken))
        token, now = new_token(), self._clock.now()
        self._session.add(
            SetupToken(token_hash=hash_token(token), created_at=now, expires_at=now + LIFETIME)
        )
        await self._session.flush()
        return token

    async def redeem(self, token: str) -> None:
        """Use the token up, or raise. Of two that come at once, one finds the row gone."""
        await self._require_open()
        used = await self._session.execute(
            delete(SetupToken)
            .where(SetupToken.token_hash == hash_token(token.strip()))
            .where(SetupToken.expires_at > self._clock.now())
            .returning(SetupToken.id)
        )
        if used.first() is None:
            raise SetupTokenWrong(
                "This is not the newest set-up token, or it is older than an hour.",
                fix="Run `unity user setup-token` on the server and use what it prints.",
            )

    async def _require_open(self) -> None:
        if await self._users.exists():
            raise SetupClosed(
                "Unity has users already; the set-up is closed for good.",
                fix="Log in. If the password is lost: `unity user reset-password NAME`.",
            )
