"""API tokens: made by their owner for programs, shown once, limited to scopes."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from sqlalchemy import func, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound, PermissionDenied
from app.models.core.api_token import ApiToken
from app.models.core.api_token_group import ApiTokenGroup
from app.models.core.resource import ResourceGroup
from app.models.core.role_grant import RoleGrant
from app.models.core.user import User
from app.schemas.base import Page, PageQuery
from app.schemas.core.token import TokenCreate, TokenRead
from app.services.core.audit import AuditLog
from app.services.core.events import TokenCreated, TokenRevoked
from app.services.core.labels import GroupNotFound
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, P
from app.services.core.queries import contains, sorted_by
from app.services.core.rights import Rights, rights_of
from app.services.core.secrets import new_api_token
from app.services.core.users import UserNotFound, normal_name

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


class TokenNeedsOwner(InvalidInput):
    """The command line runs as no user, so that it must say whose token it makes."""

    title = "Whose token?"


class TooManyTokens(Conflict):
    """A user has room for so many."""

    title = "Too many tokens"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with its text, which is shown now and never again."""

    shown: TokenRead
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Until when and from where a token counts; without networks from anywhere."""

    expires_at: datetime | None
    addresses: Sequence[IPv4Network | IPv6Network]


class TokenService:
    """Makes, lists and revokes tokens."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, pepper: bytes) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._outbox = Outbox(session, clock)
        self._pepper = pepper

    async def create(self, actor: Actor, wish: TokenCreate) -> NewToken:
        """Make a token; its scopes are among what both the actor and the owner may do now."""
        owner = await self._owner(actor, wish.owner)
        scopes = frozenset(wish.scopes)
        theirs = (await self._rights(owner)).somewhere()
        if too_wide := scopes - (actor.somewhere() & theirs):
            names: list[JsonValue] = [*sorted(scope.value for scope in too_wide)]
            raise ScopeTooWide(
                f"You or the owner have no right {', '.join(str(name) for name in names)}.",
                fix="Leave these scopes out.",
                scopes=names,
            )
        await self._check_room(owner.id)
        now, parts = self._clock.now(), new_api_token()
        limits = await self._limits(actor, wish)
        row = ApiToken(
            user_id=owner.id,
            name=wish.name,
            public_id=parts.public_id,
            secret_hmac=parts.hmac(self._pepper),
            scopes=" ".join(sorted(scopes)),
            created_at=now,
            expires_at=limits.expires_at,
            is_limited=bool(wish.groups),
            addresses=" ".join(str(network) for network in limits.addresses),
        )
        self._session.add(row)
        await self._session.flush()
        created = TokenCreated(object_id=row.id, object_name=row.name, owner=owner.name)
        self._outbox.announce(actor, created)
        await self._limit(row, wish.groups)
        await self._record(actor, "api_token.created", row)
        return NewToken(_shown(row, owner.name, sorted(set(wish.groups))), parts.text)

    async def list(
        self, actor: Actor, query: PageQuery, *, user_id: uuid.UUID | None
    ) -> Page[TokenRead]:
        """Return a page of a user's tokens, or with None of everybody's, the newest first."""
        if user_id is None or user_id != actor.user_id:
            actor.require(P.TOKENS_MANAGE)
        wanted = select(ApiToken, User.name).join(User, User.id == ApiToken.user_id)
        if user_id is not None:
            wanted = wanted.where(ApiToken.user_id == user_id)
        if query.q:
            wanted = wanted.where(contains(ApiToken.name, query.q))
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.execute(
            wanted.order_by(*sorted_by(query.sort or "-created_at", _COLUMNS, ApiToken.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        found = [(row, owner) for row, owner in rows]
        groups = await self._groups_of([row.id for row, _ in found])
        return Page[TokenRead](
            items=[_shown(row, owner, groups.get(row.id, ())) for row, owner in found],
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
        self._outbox.announce(actor, TokenRevoked(object_id=row.id, object_name=row.name))
        await self._record(actor, "api_token.revoked", row)

    async def _limits(self, actor: Actor, wish: TokenCreate) -> _Limits:
        """Return until when and whence it counts: made by a token, no longer and from nowhere else.

        Whoever steals a token for a day, or for one network, could otherwise make one without end.
        """
        days = wish.expires_in_days
        wanted = _Limits(
            None if days is None else self._clock.now() + timedelta(days=days), wish.addresses
        )
        if actor.token_id is None:
            return wanted
        maker = await self._session.get(ApiToken, actor.token_id)
        if maker is None:
            raise TokenNotFound("The token that asks was revoked meanwhile.")
        own = _Limits(maker.expires_at, [ip_network(one) for one in maker.addresses.split()])
        for network in wanted.addresses:
            if own.addresses and not any(_is_part(network, one) for one in own.addresses):
                raise ScopeTooWide(
                    f"The token that asks may itself not be used from {network}.",
                    fix="Leave this network out, or make the token in a browser.",
                )
        ends = min(filter(None, (wanted.expires_at, own.expires_at)), default=None)
        return _Limits(ends, wanted.addresses or own.addresses)

    async def _owner(self, actor: Actor, name: str) -> User:
        wanted = normal_name(name)
        if wanted and wanted != actor.name:
            actor.require(P.TOKENS_MANAGE)
            statement = select(User).where(User.name == wanted)
        elif actor.user_id is None:
            raise TokenNeedsOwner("Tokens belong to users.", fix="Name the owner.")
        else:
            statement = select(User).where(User.id == actor.user_id)
        owner = await self._session.scalar(statement)
        if owner is None:
            raise UserNotFound("There is no user with this name.")
        return owner

    async def _rights(self, owner: User) -> Rights:
        grants = await self._session.execute(
            select(RoleGrant.group_id, RoleGrant.role).where(RoleGrant.user_id == owner.id)
        )
        return rights_of(owner.role, ((group, role) for group, role in grants))

    async def _limit(self, row: ApiToken, names: Collection[str]) -> None:
        if not names:
            return
        wanted = set(names)
        found = await self._session.execute(
            select(ResourceGroup.name, ResourceGroup.id).where(ResourceGroup.name.in_(wanted))
        )
        ids = {row.name: row.id for row in found}
        if missing := sorted(wanted - ids.keys()):
            raise GroupNotFound(
                f"There is no group {', '.join(missing)}.", fix="Choose one of your groups."
            )
        self._session.add_all(
            ApiTokenGroup(token_id=row.id, group_id=group_id) for group_id in ids.values()
        )
        await self._session.flush()

    async def _groups_of(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[str]]:
        rows = await self._session.execute(
            select(ApiTokenGroup.token_id, ResourceGroup.name)
            .join(ResourceGroup, ResourceGroup.id == ApiTokenGroup.group_id)
            .where(ApiTokenGroup.token_id.in_(ids))
            .order_by(ResourceGroup.name)
        )
        groups: dict[uuid.UUID, tuple[str, ...]] = defaultdict(tuple)
        for token_id, name in rows:
            groups[token_id] += (name,)
        return groups

    async def _check_room(self, user_id: uuid.UUID) -> None:
        count = select(func.count()).where(ApiToken.user_id == user_id)
        if (await self._session.execute(count)).scalar_one() >= MOST_PER_USER:
            raise TooManyTokens(
                f"The user has {MOST_PER_USER} tokens already.",
                fix="Revoke those not in use first.",
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
                "scopes": [*row.scopes.split()],
                "is_limited": row.is_limited,
                "addresses": [*row.addresses.split()],
                "expires_at": row.expires_at.isoformat() if row.expires_at else None,
                "user_id": str(row.user_id),
            },
        )


def _is_part(part: IPv4Network | IPv6Network, whole: IPv4Network | IPv6Network) -> bool:
    """Tell whether one network lies in another; those of two versions cannot be compared."""
    if isinstance(part, IPv4Network):
        return isinstance(whole, IPv4Network) and part.subnet_of(whole)
    return isinstance(whole, IPv6Network) and part.subnet_of(whole)


def _shown(row: ApiToken, owner: str, groups: Sequence[str]) -> TokenRead:
    """Return what may be shown of a token; scopes that no longer exist are left out."""
    known = set(P)
    return TokenRead(
        id=row.id,
        name=row.name,
        owner=owner,
        public_id=row.public_id,
        scopes=[P(scope) for scope in row.scopes.split() if scope in known],
        is_limited=row.is_limited,
        groups=[*groups],
        addresses=row.addresses.split(),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
    )
