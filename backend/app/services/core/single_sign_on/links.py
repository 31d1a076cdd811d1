"""The accounts at providers that open the own account, in one transaction."""

import uuid

from sqlalchemy import select

from app.kernel.database import Session
from app.models.core.identity_provider import IdentityProvider
from app.models.core.linked_identity import LinkedIdentity
from app.models.core.user import User
from app.schemas.core.identity_provider import LinkRead
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.single_sign_on.errors import LastWayIn, LinkNotFound


class LinkService:
    """Lists and removes; a link is made by `SingleSignOn`, which the provider has a say in."""

    def __init__(self, session: Session, audit: AuditLog) -> None:
        self._session = session
        self._audit = audit

    async def list(self, actor: Actor) -> list[LinkRead]:
        """Return the own links, the oldest first."""
        statement = (
            select(LinkedIdentity, IdentityProvider.title)
            .join(IdentityProvider, IdentityProvider.id == LinkedIdentity.provider_id)
            .where(LinkedIdentity.user_id == actor.user_id)
            .order_by(LinkedIdentity.created_at, LinkedIdentity.id)
        )
        return [
            LinkRead(
                id=row.id,
                provider_id=row.provider_id,
                provider=title,
                label=row.label,
                created_at=row.created_at,
                last_login_at=row.last_login_at,
            )
            for row, title in await self._session.execute(statement)
        ]

    async def remove(self, actor: Actor, link_id: uuid.UUID) -> None:
        """Take a link away; the last one stays when there is no password."""
        row = await self._session.get(LinkedIdentity, link_id)
        if row is None or row.user_id != actor.user_id:
            raise LinkNotFound("You have no link with this id.")
        user = await self._session.get_one(User, row.user_id, with_for_update=True)
        others = select(LinkedIdentity.id).where(
            LinkedIdentity.user_id == user.id, LinkedIdentity.id != row.id
        )
        if not user.has_password and (await self._session.execute(others)).first() is None:
            raise LastWayIn(
                "You have no password, so that this link is the only way into your account.",
                fix="Let an admin set a password first.",
            )
        await self._session.delete(row)
        await self._session.flush()
        await self._audit.record(
            actor,
            "identity.unlinked",
            kind="user",
            object_id=user.id,
            name=user.name,
            details={"issuer": row.issuer, "subject": row.subject, "label": row.label},
        )
