"""What goes with a group when it is deleted, told before."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.database import Session
from app.kernel.errors import JsonValue
from app.models.core.alert_rule import AlertRule
from app.models.core.api_token import ApiToken
from app.models.core.api_token_group import ApiTokenGroup
from app.models.core.notification_route import NotificationRoute
from app.models.core.resource import ResourceGroup, ResourceGroupMember
from app.models.core.role_grant import RoleGrant
from app.models.core.user import User
from app.schemas.core.resource import GroupRemoval
from app.services.core.labels import GroupNotFound


class GroupRemovals:
    """Looks for what names a group."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of(self, group_id: uuid.UUID) -> GroupRemoval:
        """Return what a group holds, who has a role in it, and what is limited to it."""
        group = await self._session.get(ResourceGroup, group_id)
        if group is None:
            raise GroupNotFound("There is no group with this id.", fix="Reload the list.")
        members = await self._session.scalar(
            select(func.count()).where(ResourceGroupMember.group_id == group_id)
        )
        people = await self._session.scalars(
            select(User.name)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(RoleGrant.group_id == group_id)
            .order_by(func.lower(User.name))
        )
        tokens = await self._session.scalars(
            select(ApiToken.name)
            .join(ApiTokenGroup, ApiTokenGroup.token_id == ApiToken.id)
            .where(ApiTokenGroup.group_id == group_id)
            .order_by(func.lower(ApiToken.name))
        )
        return GroupRemoval(
            members=members or 0,
            people=[*people],
            tokens=[*tokens],
            rules=await self._naming(AlertRule.name, AlertRule.scope, group_id),
            routes=await self._naming(NotificationRoute.name, NotificationRoute.match, group_id),
        )

    async def _naming(
        self,
        name: InstrumentedAttribute[str],
        column: InstrumentedAttribute[dict[str, JsonValue]],
        group_id: uuid.UUID,
    ) -> list[str]:
        """Return the names of the rows whose condition has the group in its list `groups`."""
        rows = await self._session.execute(select(name, column).order_by(func.lower(name)))
        return [found for found, content in rows if str(group_id) in _groups(content)]


def _groups(content: dict[str, JsonValue]) -> Sequence[JsonValue]:
    found = content.get("groups")
    return found if isinstance(found, list) else ()
