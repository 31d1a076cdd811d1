"""Grants: roles that count in one group of resources, beside the role for all."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import JsonValue, NotFound
from app.models.core.permission import Role
from app.models.core.resource import ResourceGroup
from app.models.core.role_grant import RoleGrant
from app.models.core.service_account import ServiceAccount
from app.models.core.user import User
from app.schemas.core.access import GroupPerson, RoleGrantRead
from app.services.core.audit import AuditLog
from app.services.core.labels import GroupNotFound
from app.services.core.permissions import ROLES, SCOPABLE, Actor
from app.services.core.users import UserNotFound


class GrantNotFound(NotFound):
    """The user has no role for this group."""

    title = "There is no such grant"


class GrantService:
    """Gives and takes roles for groups; each change counts from the next request on."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self, user_id: uuid.UUID) -> Sequence[RoleGrantRead]:
        """Return the grants of a user, by the name of the group."""
        await self._user(user_id)
        rows = await self._session.execute(
            select(RoleGrant, ResourceGroup.name)
            .join(ResourceGroup, ResourceGroup.id == RoleGrant.group_id)
            .where(RoleGrant.user_id == user_id)
            .order_by(func.lower(ResourceGroup.name))
        )
        return [_read(grant, name) for grant, name in rows]

    async def grant(
        self, actor: Actor, user_id: uuid.UUID, group_id: uuid.UUID, role: Role
    ) -> RoleGrantRead:
        """Give a role for a group, in the place of the one that was there."""
        user, group = await self._user(user_id), await self._group(group_id)
        row = await self._find(user_id, group_id)
        was = None if row is None else row.role
        if row is None:
            row = RoleGrant(
                user_id=user_id, group_id=group_id, role=role.value, created_at=self._clock.now()
            )
            self._session.add(row)
        row.role = role.value
        await self._session.flush()
        if was != role.value:
            await self._record(actor, "grant.given", user, group, {"before": was, "after": role})
        return _read(row, group.name)

    async def withdraw(self, actor: Actor, user_id: uuid.UUID, group_id: uuid.UUID) -> None:
        """Take the role for a group away."""
        user, group = await self._user(user_id), await self._group(group_id)
        row = await self._find(user_id, group_id)
        if row is None:
            raise GrantNotFound(f"{user.name} has no role for {group.name}.")
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "grant.withdrawn", user, group, {"before": row.role})

    async def of_group(self, group_id: uuid.UUID) -> Sequence[GroupPerson]:
        """Return who may do something with a group: by a role for all, or by a grant."""
        await self._group(group_id)
        rows = await self._session.execute(
            select(User, RoleGrant.role, ServiceAccount.id)
            .outerjoin(RoleGrant, (RoleGrant.user_id == User.id) & (RoleGrant.group_id == group_id))
            .outerjoin(ServiceAccount, ServiceAccount.user_id == User.id)
            .order_by(func.lower(User.name))
        )
        people: list[GroupPerson] = []
        for user, granted, service_id in rows:
            everywhere = Role(user.role)
            roles = [(everywhere, True)] if ROLES[everywhere] & SCOPABLE else []
            roles += [(Role(granted), False)] if granted is not None else []
            people += [
                GroupPerson(
                    user_id=user.id,
                    user_name=user.name,
                    is_service=service_id is not None,
                    is_disabled=user.is_disabled,
                    role=role,
                    is_everywhere=is_everywhere,
                )
                for role, is_everywhere in roles
            ]
        return people

    async def _find(self, user_id: uuid.UUID, group_id: uuid.UUID) -> RoleGrant | None:
        return await self._session.scalar(
            select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.group_id == group_id)
        )

    async def _user(self, user_id: uuid.UUID) -> User:
        user = await self._session.get(User, user_id)
        if user is None:
            raise UserNotFound("There is no user with this id.", user_id=str(user_id))
        return user

    async def _group(self, group_id: uuid.UUID) -> ResourceGroup:
        group = await self._session.get(ResourceGroup, group_id)
        if group is None:
            raise GroupNotFound("There is no group with this id.", fix="Reload the list.")
        return group

    async def _record(
        self,
        actor: Actor,
        action: str,
        user: User,
        group: ResourceGroup,
        details: dict[str, JsonValue],
    ) -> None:
        about: dict[str, JsonValue] = {"group": group.name, "group_id": str(group.id)}
        await self._audit.record(
            actor, action, kind="user", object_id=user.id, name=user.name, details=about | details
        )


def _read(row: RoleGrant, name: str) -> RoleGrantRead:
    return RoleGrantRead(
        group_id=row.group_id, group_name=name, role=Role(row.role), created_at=row.created_at
    )
