"""Users: who may log in, in which role. At least one enabled admin stays, always."""

import re
import uuid
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound
from app.models.core.service_account import ServiceAccount
from app.models.core.user import User
from app.schemas.base import Page, PageQuery
from app.schemas.core.user import UserRead
from app.services.core.audit import AuditLog
from app.services.core.events import (
    UserAdded,
    UserDeleted,
    UserDisabled,
    UserEnabled,
    UserRoleChanged,
)
from app.services.core.login_sessions import LoginSessions
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, Role
from app.services.core.queries import contains, sorted_by

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,59}")
_COLUMNS = {
    "name": User.name,
    "role": User.role,
    "created_at": User.created_at,
    "last_login_at": User.last_login_at,
}


class UserNotFound(NotFound):
    """No user has this id or name."""

    title = "There is no such user"


class UserNameTaken(Conflict):
    """Another user has this name."""

    title = "The name is taken"


class NoPasswordForPrograms(Conflict):
    """A service account has tokens only."""

    title = "A service account has no password"


class LastAdmin(Conflict):
    """Nobody could manage Unity any more."""

    title = "This is the last admin"


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What to change; None leaves a part as it is."""

    full_name: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None


def normal_name(name: str) -> str:
    """Return the one spelling of a name that is stored and compared."""
    return name.strip().lower()


class UserService:
    """Creates, changes and deletes users. Passwords come hashed: hashing takes too long here."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._outbox = Outbox(session, clock)

    async def get(self, user_id: uuid.UUID) -> User:
        """Return a user."""
        user = await self._session.get(User, user_id)
        if user is None:
            raise UserNotFound("There is no user with this id.", user_id=str(user_id))
        return user

    async def find_by_name(self, name: str) -> User | None:
        """Return the user of a name, or None; what cannot be a name is looked for all the same."""
        name = normal_name(name)
        statement = select(User).where(User.name == (name if _NAME.fullmatch(name) else ""))
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def exists(self) -> bool:
        """Tell whether anybody can log in; the first-run set-up closes then."""
        found = await self._session.execute(select(User.id).limit(1))
        return found.first() is not None

    async def list(self, query: PageQuery) -> Page[UserRead]:
        """Return a page of users."""
        wanted = select(User).where(User.id.not_in(select(ServiceAccount.user_id)))
        if query.q:
            wanted = wanted.where(
                or_(contains(User.name, query.q), contains(User.full_name, query.q))
            )
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.scalars(
            wanted.order_by(*sorted_by(query.sort or "name", _COLUMNS, User.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[UserRead](
            items=[UserRead.model_validate(row) for row in rows.all()],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def create(
        self, actor: Actor, *, name: str, full_name: str, role: Role, password_hash: str
    ) -> User:
        """Add a user."""
        name = check_name(name)
        if await self.find_by_name(name) is not None:
            raise UserNameTaken(f"There is already a user {name}.", fix="Choose another name.")
        now = self._clock.now()
        user = User(
            name=name,
            full_name=full_name,
            role=role.value,
            is_disabled=False,
            password_hash=password_hash,
            password_changed_at=now,
            created_at=now,
            updated_at=now,
        )
        self._session.add(user)
        await self._session.flush()
        self._outbox.announce(actor, UserAdded.of(user))
        await self._record(actor, "user.created", user, {"role": role.value})
        return user

    async def update(self, actor: Actor, user_id: uuid.UUID, changes: UserChanges) -> User:
        """Change name, role or whether the user is disabled; a disabled one is logged out."""
        user = await self.get(user_id)
        before: dict[str, JsonValue] = {}
        after: dict[str, JsonValue] = {}
        wanted: dict[str, str | bool | None] = {
            "full_name": changes.full_name,
            "role": None if changes.role is None else changes.role.value,
            "is_disabled": changes.is_disabled,
        }
        if changes.is_disabled or changes.role not in {None, Role.ADMIN}:
            await self._keep_an_admin(user)
        for field, value in wanted.items():
            if value is not None and getattr(user, field) != value:
                before[field], after[field] = getattr(user, field), value
                setattr(user, field, value)
        if not after:
            return user
        user.updated_at = self._clock.now()
        if user.is_disabled:
            await LoginSessions(self._session).end_all(user.id)
        await self._session.flush()
        self._tell_changes(actor, user, before)
        await self._record(actor, "user.changed", user, {"before": before, "after": after})
        return user

    async def delete(self, actor: Actor, user_id: uuid.UUID) -> None:
        """Remove a user, with sessions and tokens."""
        user = await self.get(user_id)
        await self._keep_an_admin(user)
        await self._session.delete(user)
        await self._session.flush()
        self._outbox.announce(actor, UserDeleted.of(user))
        await self._record(actor, "user.deleted", user, {"role": user.role})

    async def set_password_hash(
        self, actor: Actor, user_id: uuid.UUID, password_hash: str, *, keep: uuid.UUID | None
    ) -> User:
        """Store a new password and end all sessions but `keep`."""
        user = await self.get(user_id)
        await self._refuse_service(user)
        user.password_hash = password_hash
        user.password_changed_at = user.updated_at = self._clock.now()
        await LoginSessions(self._session).end_all(user.id, but=keep)
        is_own = actor.user_id == user.id
        await self._session.flush()
        await self._record(
            actor, "user.password_changed" if is_own else "user.password_reset", user, {}
        )
        return user

    async def _refuse_service(self, user: User) -> None:
        found = select(ServiceAccount.id).where(ServiceAccount.user_id == user.id)
        if await self._session.scalar(found) is not None:
            raise NoPasswordForPrograms(
                f"{user.name} is a service account: nobody logs in as it.",
                fix="Give it an API token.",
            )

    async def _keep_an_admin(self, user: User) -> None:
        """Raise `LastAdmin` unless another one stays. The rows are locked: two admins may race."""
        if user.role != Role.ADMIN or user.is_disabled:
            return
        statement = (
            select(User.id)
            .where(User.role == Role.ADMIN.value, User.is_disabled.is_(False))
            .where(User.id.not_in(select(ServiceAccount.user_id)))  # nobody logs in as these
            .order_by(User.id)
            .with_for_update()
        )
        admins = (await self._session.execute(statement)).scalars().all()
        if all(admin == user.id for admin in admins):
            raise LastAdmin(
                f"{user.name} is the only admin that can log in.", fix="Make another admin first."
            )

    def _tell_changes(self, actor: Actor, user: User, before: dict[str, JsonValue]) -> None:
        if "is_disabled" in before:
            event = UserDisabled if user.is_disabled else UserEnabled
            self._outbox.announce(actor, event.of(user))
        if "role" in before:
            self._outbox.announce(
                actor,
                UserRoleChanged(
                    object_id=user.id,
                    object_name=user.name,
                    was=str(before["role"]),
                    role=str(user.role),
                ),
            )

    async def _record(
        self, actor: Actor, action: str, user: User, details: dict[str, JsonValue]
    ) -> None:
        await self._audit.record(
            actor, action, kind="user", object_id=user.id, name=user.name, details=details
        )


def check_name(name: str) -> str:
    """Return the normal form of a user name, or raise `InvalidInput`."""
    name = normal_name(name)
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "A user name has up to 60 of the characters a-z, 0-9, dot, dash, underscore and @,"
            " and begins with a letter or digit.",
            fix="Write the real name in full_name.",
        )
    return name
