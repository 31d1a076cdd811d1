"""Whom a verified identity is here: a linked account, a new one, or nobody. One transaction."""

import re
import uuid

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.logging import get_logger
from app.models.core.identity_provider import IdentityProvider
from app.models.core.linked_identity import LinkedIdentity
from app.models.core.permission import Role
from app.models.core.user import User
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor, ActorKind
from app.services.core.single_sign_on.errors import LOCAL_LOGIN, IdentityTaken, SignOnRefused
from app.services.core.single_sign_on.id_tokens import Identity
from app.services.core.users import LastAdmin, UserChanges, UserService

# The last wins when several groups name a role.
_RANK = (Role.NONE, Role.VIEWER, Role.OPERATOR, Role.ADMIN)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._@-]+")
log = get_logger(__name__)


def role_of(provider: IdentityProvider, groups: tuple[str, ...]) -> Role | None:
    """Return the highest role of the groups, else the default; None lets nobody in."""
    named = {Role(provider.roles[group]) for group in groups if group in provider.roles}
    if named:
        return max(named, key=_RANK.index)
    return None if provider.default_role is None else Role(provider.default_role)


def user_name(identity: Identity) -> str:
    """Return a name of ours for a person who is new here."""
    name = _NOT_IN_NAMES.sub("-", (identity.username or identity.subject).lower())
    return name.strip("._@-")[:60] or "user"


class People:
    """Finds, makes and links."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._users = UserService(session, clock, audit)

    async def enter(self, provider: IdentityProvider, identity: Identity) -> User:
        """Return the user of an identity, made now if that is allowed, with the role of now."""
        link = await self.find(identity)
        if link is not None and link.provider_id != provider.id:
            raise SignOnRefused(
                "This account is linked by another provider.", fix="Log in by that one."
            )
        role = role_of(provider, identity.groups)
        user = await self._make(provider, identity, role) if link is None else None
        if link is not None:
            # Locked, so that who disables the user meanwhile ends this session, too.
            user = await self._session.get_one(User, link.user_id, with_for_update=True)
            if link.follows_groups:
                await self._follow(provider, identity, user, role)
            link.last_login_at, link.label = self._clock.now(), identity.label
        if user is None or user.is_disabled:
            raise SignOnRefused("This user is disabled.", fix="An admin can enable it again.")
        return user

    async def find(self, identity: Identity) -> LinkedIdentity | None:
        """Return the link; nothing but issuer and subject tells whom they mean."""
        statement = select(LinkedIdentity).where(
            LinkedIdentity.issuer == identity.issuer,
            LinkedIdentity.subject == identity.subject,
        )
        return await self._session.scalar(statement)

    async def link(
        self, actor: Actor, user: User, provider: IdentityProvider, identity: Identity
    ) -> None:
        """Let an identity open an existing account, whose role stays its own."""
        known = await self.find(identity)
        if known is not None and known.user_id != user.id:
            raise IdentityTaken(
                f"{identity.label} at {provider.title} opens another account of this Unity.",
                fix="Its owner, or an admin, must take that link away first.",
            )
        if known is None:
            self._add(user.id, provider, identity, follows_groups=False)
            await self._session.flush()
            await self._record(actor, "identity.linked", user, provider, identity)

    async def _make(
        self, provider: IdentityProvider, identity: Identity, role: Role | None
    ) -> User:
        if not provider.makes_users:
            raise SignOnRefused(
                f"{identity.label} is not linked to an account here, and {provider.title} may not"
                " make accounts.",
                fix="Log in with your password and link it on your profile page, or ask an admin.",
            )
        allowed = self._require(provider, identity, role)
        name = user_name(identity)
        if await self._users.find_by_name(name) is not None:
            raise SignOnRefused(
                f"There is already a user {name}, who is not linked to {provider.title}.",
                fix="If that is you: log in with your password and link it on your profile page.",
            )
        actor = Actor(ActorKind.SYSTEM, f"single sign-on: {provider.title}")
        user = await self._users.create(
            actor, name=name, full_name=identity.full_name, role=allowed, password_hash=""
        )
        self._add(user.id, provider, identity, follows_groups=True)
        await self._session.flush()
        await self._record(actor, "identity.linked", user, provider, identity)
        return user

    async def _follow(
        self, provider: IdentityProvider, identity: Identity, user: User, role: Role | None
    ) -> None:
        allowed = self._require(provider, identity, role)
        if user.role == allowed:
            return
        actor = Actor(ActorKind.SYSTEM, f"single sign-on: {provider.title}")
        try:
            await self._users.update(actor, user.id, UserChanges(role=allowed))
        except LastAdmin:
            # Groups at the provider must not leave Unity without anybody who manages it.
            log.warning("role_kept_for_the_last_admin", user_id=str(user.id))

    def _require(self, provider: IdentityProvider, identity: Identity, role: Role | None) -> Role:
        if role is not None:
            return role
        if identity.has_groups:
            detail = f"None of your groups at {provider.title} has a role here."
        else:
            detail = f"{provider.title} sent no claim {provider.groups_claim} with your groups."
        raise SignOnRefused(detail, fix=f"Ask an admin of Unity. {LOCAL_LOGIN}")

    def _add(
        self,
        user_id: uuid.UUID,
        provider: IdentityProvider,
        identity: Identity,
        *,
        follows_groups: bool,
    ) -> None:
        now = self._clock.now()
        self._session.add(
            LinkedIdentity(
                user_id=user_id,
                provider_id=provider.id,
                issuer=identity.issuer,
                subject=identity.subject,
                label=identity.label,
                follows_groups=follows_groups,
                created_at=now,
                last_login_at=now,
            )
        )

    async def _record(
        self,
        actor: Actor,
        action: str,
        user: User,
        provider: IdentityProvider,
        identity: Identity,
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="user",
            object_id=user.id,
            name=user.name,
            details={
                "provider": provider.title,
                "issuer": identity.issuer,
                "subject": identity.subject,
                "label": identity.label,
            },
        )
