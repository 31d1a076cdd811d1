"""API tokens: made by their owner for programs, shown once, limited to scopes."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound, PermissionDenied
from app.models.core.api_token import ApiToken
from app.schemas.base import Page, PageQuery
from app.schemas.core.token import TokenRead
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor, P
from app.services.core.queries import contains, sorted_by
from app.services.core.secrets import new_api_token

MOST_PER_USER = 100
_COLUMNS = {
    "name": ApiToken.name,
    "created_at": ApiToken.created_at,
    "last_used_at": ApiToken.last_used_at,
    "expires_at": ApiToken.expires_at,
}


class TokenNotFound(NotFound):
    """No token has this id, or it belongs to somebody else."""

    title = "There is no such token"


class ScopeTooWide(PermissionDenied):
    """Nobody can hand out more than they have."""

    title = "The token would have more rights than you"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with its text, which is shown now and never again."""

    row: ApiToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What the token is for."""

    name: str
    scopes: frozenset[P]
    expires_at: datetime | None


class TokenService:
    """Makes, lists and revokes tokens."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, pepper: bytes) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._pepper = pepper

    async def create(self, actor: Actor, wish: TokenWish) -> NewToken:
        """Make a token of the actor's own; its scopes are among what the actor may do now."""
        if actor.user_id is None:
            raise Conflict("Tokens belong to users; this command runs as no user.")
        if too_wide := wish.scopes - actor.permissions:
            names: list[JsonValue] = [*sorted(scope.value for scope in too_wide)]
            raise ScopeTooWide(
                f"You have no right {', '.join(str(name) for name in names)} yourself.",
                fix="Leave these scopes out.",
                scopes=names,
            )
        now = self._clock.now()
        if wish.expires_at is not None and wish.expires_at <= now:
            raise InvalidInput("The token would already have expired.", fix="Choose a later time.")
        await self._check_room(actor.user_id)
        parts = new_api_token()
        row = ApiToken(
            user_id=actor.user_id,
            name=wish.name,
            public_id=parts.public_id,
            secret_hmac=parts.hmac(self._pepper),
            scopes=" ".join(sorted(wish.scopes)),
            created_at=now,
            expires_at=wish.expires_at,
        )
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, "api_token.created", row)
        return NewToken(row, parts.text)

    async def list_of(self, actor: Actor, user_id: uuid.UUID, query: PageQuery) -> Page[TokenRead]:
        """Return a page of a user's tokens, the newest first unless asked otherwise."""
        if actor.user_id != user_id:
            actor.require(P.TOKENS_MANAGE)
        wanted = select(ApiToken).where(ApiToken.user_id == user_id)
        if query.q:
            wanted = wanted.where(contains(ApiToken.name, query.q))
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "-created_at", _COLUMNS, ApiToken.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[TokenRead](
            items=[token_read(row) for row in rows.all()],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def revoke(self, actor: Actor, token_id: uuid.UUID) -> None:
        """Delete a token; it is refused from the next request on."""
        row = await self._session.get(ApiToken, token_id)
        is_visible = row is not None and (
            row.user_id == actor.user_id or actor.may(P.TOKENS_MANAGE)
        )
        if row is None or not is_visible:
            raise TokenNotFound("You have no token with this id.")
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "api_token.revoked", row)

    async def _check_room(self, user_id: uuid.UUID) -> None:
        count = select(func.count()).where(ApiToken.user_id == user_id)
        if (await self._session.execute(count)).scalar_one() >= MOST_PER_USER:
            raise Conflict(
                f"You have {MOST_PER_USER} tokens already.", fix="Revoke those not in use first."
            )

    async def _record(self, actor: Actor, action: str, row: ApiToken) -> None:
        await self._audit.record(
            actor,
            action,
            kind="api_token",
            object_id=row.id,
            name=row.name,
            details={
                "public_id": row.public_id,
                "scopes": list(row.scopes.split()),
                "expires_at": row.expires_at.isoformat() if row.expires_at else None,
                "user_id": str(row.user_id),
            },
        )


def token_read(row: ApiToken) -> TokenRead:
    """Return what may be shown of a token; scopes that no longer exist are left out."""
    known = set(P)
    return TokenRead(
        id=row.id,
        name=row.name,
        public_id=row.public_id,
        scopes=[P(scope) for scope in row.scopes.split() if scope in known],
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
    )
