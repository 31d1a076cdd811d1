"""The providers as an admin enters them, in one transaction."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Session
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.identity_provider import IdentityProvider
from app.models.core.linked_identity import LinkedIdentity
from app.models.core.permission import Role
from app.schemas.core.identity_provider import (
    IdentityProviderRead,
    IdentityProviderWrite,
    SignOnOffer,
)
from app.services.core.audit import AuditLog
from app.services.core.events import SettingsChanged
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor
from app.services.core.single_sign_on.errors import (
    ProviderNotFound,
    ProviderNotValid,
    ProviderTitleTaken,
)

MOST = 20


def secret_ref(row: IdentityProvider) -> Ref:
    """Return the cell of the client's secret."""
    return Ref(IdentityProvider.__tablename__, row.id, "client_secret", row.secret_version)


class ProviderService:
    """Lists, enters, changes and deletes providers."""

    def __init__(self, session: Session, clock: Clock, vault: Vault, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit

    async def offers(self) -> list[SignOnOffer]:
        """Return what the login page offers."""
        rows = await self._rows()
        return [SignOnOffer(id=row.id, title=row.title) for row in rows if row.is_enabled]

    async def list(self) -> list[IdentityProviderRead]:
        """Return all, by title."""
        return [await self.shown(row) for row in await self._rows()]

    async def get(self, provider_id: uuid.UUID) -> IdentityProvider:
        """Return one."""
        row = await self._session.get(IdentityProvider, provider_id)
        if row is None:
            raise ProviderNotFound("There is no provider with this id.")
        return row

    async def enabled(self, provider_id: uuid.UUID) -> IdentityProvider:
        """Return one by which people may log in now."""
        row = await self.get(provider_id)
        if not row.is_enabled:
            raise ProviderNotFound(
                f"{row.title} is switched off.", fix="Log in with your password."
            )
        return row

    async def shown(self, row: IdentityProvider) -> IdentityProviderRead:
        """Return what may be shown of it."""
        count = select(func.count()).where(LinkedIdentity.provider_id == row.id)
        return IdentityProviderRead(
            id=row.id,
            title=row.title,
            issuer=row.issuer,
            client_id=row.client_id,
            has_client_secret=row.client_secret is not None,
            scopes=row.scopes.split(),
            groups_claim=row.groups_claim,
            roles={group: Role(role) for group, role in row.roles.items()},
            default_role=None if row.default_role is None else Role(row.default_role),
            makes_users=row.makes_users,
            checks_second_factor=row.checks_second_factor,
            is_enabled=row.is_enabled,
            linked_users=(await self._session.execute(count)).scalar_one(),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def create(self, actor: Actor, wish: IdentityProviderWrite) -> IdentityProvider:
        """Enter a provider."""
        if len(await self._rows()) >= MOST:
            raise ProviderNotValid(f"There are {MOST} providers already.", fix="Delete one first.")
        now = self._clock.now()
        row = IdentityProvider(id=uuid7(), secret_version=0, created_at=now, updated_at=now)
        await self._write(row, wish)
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, "identity_provider.created", row)
        return row

    async def update(
        self, actor: Actor, provider_id: uuid.UUID, wish: IdentityProviderWrite
    ) -> IdentityProvider:
        """Change a provider."""
        row = await self.get(provider_id)
        is_elsewhere = row.issuer != wish.issuer
        if is_elsewhere and wish.client_secret is None:
            row.client_secret = None  # it was entered for another server, whose secret it stays
        await self._write(row, wish)
        await self._session.flush()
        await self._record(actor, "identity_provider.changed", row)
        return row

    async def delete(self, actor: Actor, provider_id: uuid.UUID) -> None:
        """Delete a provider with the links to it; the accounts stay."""
        row = await self.get(provider_id)
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "identity_provider.deleted", row)

    async def _write(self, row: IdentityProvider, wish: IdentityProviderWrite) -> None:
        await self._check_title(row.id, wish.title)
        row.title, row.issuer, row.client_id = wish.title, wish.issuer, wish.client_id
        row.scopes = " ".join(dict.fromkeys(["openid", *wish.scopes]))
        row.groups_claim = wish.groups_claim
        row.roles = {group: role.value for group, role in wish.roles.items()}
        row.default_role = None if wish.default_role is None else wish.default_role.value
        row.makes_users, row.is_enabled = wish.makes_users, wish.is_enabled
        row.checks_second_factor = wish.checks_second_factor
        row.updated_at = self._clock.now()
        if wish.client_secret is not None:
            secret = wish.client_secret.get_secret_value()
            row.secret_version += 1
            row.client_secret = self._vault.seal(secret, secret_ref(row)) if secret else None

    async def _check_title(self, provider_id: uuid.UUID, title: str) -> None:
        statement = select(IdentityProvider.id).where(
            IdentityProvider.title == title, IdentityProvider.id != provider_id
        )
        if (await self._session.execute(statement)).first() is not None:
            raise ProviderTitleTaken(
                f"There is already a provider {title}.", fix="Choose another title."
            )

    async def _rows(self) -> Sequence[IdentityProvider]:
        statement = select(IdentityProvider).order_by(IdentityProvider.title)
        return (await self._session.execute(statement)).scalars().all()

    async def _record(self, actor: Actor, action: str, row: IdentityProvider) -> None:
        told = SettingsChanged(object_id=row.id, object_name=f"Login by “{row.title}”")
        Outbox(self._session, self._clock).announce(actor, told)
        details: dict[str, JsonValue] = {
            "issuer": row.issuer,
            "client_id": row.client_id,
            "groups_claim": row.groups_claim,
            "roles": dict(row.roles),
            "default_role": row.default_role,
            "makes_users": row.makes_users,
            "checks_second_factor": row.checks_second_factor,
            "is_enabled": row.is_enabled,
        }
        await self._audit.record(
            actor,
            action,
            kind="identity_provider",
            object_id=row.id,
            name=row.title,
            details=details,
        )
