"""Service accounts: users that are programs. They have rights and tokens, and nobody logs in."""

import uuid

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import InvalidInput, JsonValue
from app.models.core.api_token import ApiToken
from app.models.core.permission import Role
from app.models.core.service_account import ServiceAccount
from app.models.core.user import User
from app.schemas.base import Page, PageQuery
from app.schemas.core.access import ServiceAccountCreate, ServiceAccountEdit, ServiceAccountRead
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.queries import contains, sorted_by
from app.services.core.users import UserChanges, UserNotFound, UserService, normal_name

_SORTS = {"name": User.name, "role": User.role, "created_at": User.created_at}
_OWNER = aliased(User)


class ServiceAccountNotFound(UserNotFound):
    """No service account has this id."""

    title = "There is no such service account"


class OwnerNotFound(InvalidInput):
    """The owner of a service account is a person."""

    title = "There is no such person"


class ServiceAccountService:
    """Makes, changes and deletes service accounts; their user rows go through `UserService`."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._users = UserService(session, clock, audit)

    async def list(self, query: PageQuery) -> Page[ServiceAccountRead]:
        """Return a page of them."""
        wanted = _select()
        if query.q:
            wanted = wanted.where(
                or_(contains(User.name, query.q), contains(ServiceAccount.description, query.q))
            )
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        rows = await self._session.execute(
            wanted.order_by(*sorted_by(query.sort or "name", _SORTS, User.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ServiceAccountRead](
            items=[_read(row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, user_id: uuid.UUID) -> ServiceAccountRead:
        """Return one."""
        row = (await self._session.execute(_select().where(User.id == user_id))).one_or_none()
        if row is None:
            raise ServiceAccountNotFound("There is no service account with this id.")
        return _read(row)

    async def create(self, actor: Actor, new: ServiceAccountCreate) -> ServiceAccountRead:
        """Make one. The empty hash matches no password."""
        owner_id = await self._owner(actor, new.owner)
        user = await self._users.create(
            actor, name=new.name, full_name="", role=new.role, password_hash=""
        )
        self._session.add(
            ServiceAccount(
                user_id=user.id,
                owner_id=owner_id,
                description=new.description,
                created_at=self._clock.now(),
            )
        )
        await self._session.flush()
        details: dict[str, JsonValue] = {
            "owner_id": str(owner_id) if owner_id else None,
            "description": new.description,
        }
        await self._record(actor, "service_account.created", user, details)
        return await self.get(user.id)

    async def edit(
        self, actor: Actor, user_id: uuid.UUID, edit: ServiceAccountEdit
    ) -> ServiceAccountRead:
        """Change it; a disabled one's tokens are refused from the next request on."""
        before = await self.get(user_id)
        changes = UserChanges(role=edit.role, is_disabled=edit.is_disabled)
        user = await self._users.update(actor, user_id, changes)
        row = await self._row(user_id)
        if edit.description is not None:
            row.description = edit.description
        if edit.owner is not None:
            row.owner_id = await self._owner(actor, edit.owner)
        await self._session.flush()
        after = await self.get(user_id)
        noted: dict[str, JsonValue] = {
            name: [getattr(before, name), getattr(after, name)]
            for name in ("description", "owner")
            if getattr(before, name) != getattr(after, name)
        }
        if noted:
            await self._record(actor, "service_account.changed", user, noted)
        return after

    async def delete(self, actor: Actor, user_id: uuid.UUID) -> None:
        """Delete it with its tokens and grants."""
        await self.get(user_id)
        await self._users.delete(actor, user_id)

    async def _row(self, user_id: uuid.UUID) -> ServiceAccount:
        statement = select(ServiceAccount).where(ServiceAccount.user_id == user_id)
        return (await self._session.execute(statement)).scalar_one()

    async def _owner(self, actor: Actor, name: str) -> uuid.UUID | None:
        wanted = normal_name(name)
        if not wanted:
            return actor.user_id
        person = await self._users.find_by_name(wanted)
        is_service = select(ServiceAccount.id).where(
            ServiceAccount.user_id == (None if person is None else person.id)
        )
        if person is None or await self._session.scalar(is_service) is not None:
            raise OwnerNotFound(
                f"There is no person named {wanted!r}.", fix="Name a user who can be asked."
            )
        return person.id

    async def _record(
        self, actor: Actor, action: str, user: User, details: dict[str, JsonValue]
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="service_account",
            object_id=user.id,
            name=user.name,
            details=details,
        )


def _select() -> Select[*tuple[User, ServiceAccount, str | None, int, object]]:
    tokens = select(func.count()).where(ApiToken.user_id == User.id).correlate(User)
    used = select(func.max(ApiToken.last_used_at)).where(ApiToken.user_id == User.id)
    return (
        select(
            User,
            ServiceAccount,
            _OWNER.name,
            tokens.scalar_subquery(),
            used.correlate(User).scalar_subquery(),
        )
        .join(ServiceAccount, ServiceAccount.user_id == User.id)
        .outerjoin(_OWNER, _OWNER.id == ServiceAccount.owner_id)
    )


def _read(row: Row[*tuple[User, ServiceAccount, str | None, int, object]]) -> ServiceAccountRead:
    user, account, owner, tokens, used = row
    return ServiceAccountRead.model_validate(
        {
            "id": user.id,
            "name": user.name,
            "description": account.description,
            "role": Role(user.role),
            "owner_id": account.owner_id,
            "owner": owner,
            "is_disabled": user.is_disabled,
            "created_at": user.created_at,
            "tokens": tokens,
            "last_used_at": used,
        }
    )
