"""Who sends this request: a session cookie or an API token becomes an actor, or nobody.

Looked up at every request, so that a role, a disabled user or a revoked token acts at once.
"""

import hashlib
import hmac
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, or_, select, update

from app.kernel.clock import Clock
from app.kernel.config import LoginPart, SessionPart
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import DiskFull
from app.kernel.logging import get_logger
from app.models.core.api_token import ApiToken
from app.models.core.api_token_group import ApiTokenGroup
from app.models.core.role_grant import RoleGrant
from app.models.core.session import Session
from app.models.core.user import User
from app.services.core.login_policy import is_demanded
from app.services.core.permissions import Actor, ActorKind, P, Role
from app.services.core.rights import is_from, rights_of
from app.services.core.secrets import hash_token, split_api_token
from app.services.core.visits import Visit

SEEN_EVERY = timedelta(minutes=1)
ROTATION_GRACE = timedelta(seconds=30)
TOKEN_PEPPER_INFO = b"token-pepper"
CSRF_INFO = b"csrf"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor of a request, and what only its own browser may know."""

    actor: Actor
    visit: Visit
    csrf_token: str | None = None  # only for a session cookie, whose writes must bring it

    def is_csrf_token(self, given: str) -> bool:
        """Compare in constant time."""
        return self.csrf_token is not None and hmac.compare_digest(
            self.csrf_token.encode(), given.encode()
        )


class Authenticator:
    """Looks sessions and tokens up, and notes about once a minute that they were used."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        limits: SessionPart,
        login: LoginPart,
    ) -> None:
        self._database = database
        self._clock = clock
        self._pepper = vault.subkey(TOKEN_PEPPER_INFO)
        self._csrf_key = vault.subkey(CSRF_INFO)
        self._limits = limits
        self._login = login

    def nobody(self, visit: Visit) -> Caller:
        """Return the caller that is not logged in."""
        return Caller(Actor(ActorKind.ANONYMOUS, "anonymous", address=visit.address), visit)

    def csrf_token(self, session_id: uuid.UUID) -> str:
        """Return the token that a session's writes must bring; it lives as long as the session."""
        digest = hmac.new(self._csrf_key, session_id.bytes, hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def by_cookie(self, cookie: str, visit: Visit) -> Caller:
        """Return the caller of a session cookie; nobody when it no longer counts."""
        hashed, now = hash_token(cookie), self._clock.now()
        statement = (
            select(Session, User, RoleGrant.group_id, RoleGrant.role)
            .join(User, User.id == Session.user_id)
            .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
            .where(or_(Session.token_hash == hashed, Session.previous_hash == hashed))
            .where(User.is_disabled.is_(False))
        )
        async with self._database.snapshot() as session:
            rows = (await session.execute(statement)).all()
        if not rows or not self._is_alive(rows[0][0], hashed, now):
            return self.nobody(visit)
        login, user = rows[0][:2]
        if is_demanded(self._login, Role(user.role)) and not login.has_second_factor:
            return self.nobody(visit)  # the demand or the role is newer than the login
        if now - login.last_seen_at >= SEEN_EVERY:
            use = update(Session).where(Session.id == login.id)
            await self._note(use.values(last_seen_at=now, address=visit.address))
        rights = rights_of(user.role, ((row[2], row[3]) for row in rows))
        actor = Actor(
            ActorKind.USER,
            user.name,
            rights.everywhere,
            in_groups=rights.in_groups,
            is_limited=rights.is_limited,
            user_id=user.id,
            session_id=login.id,
            address=visit.address,
            has_stepped_up=login.token_hash == hashed and self._is_fresh(login, now),
        )
        return Caller(actor, visit, self.csrf_token(login.id))

    async def by_token(self, token: str, visit: Visit) -> Caller:
        """Return the caller of an API token; nobody when it no longer counts."""
        parts = split_api_token(token)
        if parts is None:
            return self.nobody(visit)
        statement = (
            select(ApiToken, User, RoleGrant.group_id, RoleGrant.role, ApiTokenGroup.group_id)
            .join(User, User.id == ApiToken.user_id)
            .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
            .outerjoin(ApiTokenGroup, ApiTokenGroup.token_id == ApiToken.id)
            .where(ApiToken.public_id == parts.public_id, User.is_disabled.is_(False))
        )
        async with self._database.snapshot() as session:
            rows = (await session.execute(statement)).all()
        now = self._clock.now()
        if not rows or not hmac.compare_digest(rows[0][0].secret_hmac, parts.hmac(self._pepper)):
            return self.nobody(visit)
        key, user = rows[0][:2]
        if key.expires_at is not None and key.expires_at <= now:
            return self.nobody(visit)
        if not is_from(visit.address, key.addresses):
            return self.nobody(visit)
        if key.last_used_at is None or now - key.last_used_at >= SEEN_EVERY:
            use = update(ApiToken).where(ApiToken.id == key.id)
            await self._note(use.values(last_used_at=now, last_used_address=visit.address))
        scopes = frozenset(P(scope) for scope in key.scopes.split() if scope in set(P))
        groups = frozenset(row[4] for row in rows if row[4] is not None)
        rights = rights_of(user.role, ((row[2], row[3]) for row in rows)).narrowed(
            scopes, groups if key.is_limited else None
        )
        actor = Actor(
            ActorKind.TOKEN,
            f"{user.name}/{key.name}",
            rights.everywhere,
            in_groups=rights.in_groups,
            is_limited=rights.is_limited,
            user_id=user.id,
            token_id=key.id,
            address=visit.address,
        )
        return Caller(actor, visit)

    def _is_alive(self, login: Session, hashed: str, now: datetime) -> bool:
        is_current = login.token_hash == hashed or (
            login.rotated_at is not None and now - login.rotated_at <= ROTATION_GRACE
        )
        idle = timedelta(seconds=self._limits.idle_seconds)
        absolute = timedelta(seconds=self._limits.absolute_seconds)
        return is_current and now - login.last_seen_at < idle and now - login.created_at < absolute

    def _is_fresh(self, login: Session, now: datetime) -> bool:
        span = timedelta(seconds=self._limits.step_up_seconds)
        return login.stepped_up_at is not None and now - login.stepped_up_at < span

    async def _note(self, use: Update) -> None:
        """Note when and whence it was used last.

        On a full disk it goes unnoted: people must be able to look at what fills it.
        """
        try:
            async with self._database.transaction() as session:
                await session.execute(use)
        except DiskFull as error:
            log.warning("login_use_not_noted", reason=error.detail)
