"""Logins by password: create, replace, rename, delete. Passwords go in and never come out."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Sealed, Vault
from app.kernel.errors import Conflict, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.resource import ResourceKind
from app.models.credentials.server_credential import ServerCredential
from app.schemas.base import Page
from app.schemas.credentials.server_credential import (
    ServerCredentialCreate,
    ServerCredentialEdit,
    ServerCredentialQuery,
    ServerCredentialRead,
)
from app.services.core.audit import AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor
from app.services.core.queries import contains, sorted_by
from app.services.core.resources import NewResource, ResourceService
from app.services.credentials.events import CredentialAdded, CredentialDeleted
from app.services.credentials.records import CredentialRecords
from app.services.credentials.uses import refuse_foreign_use, users_of, uses_of

_SORTS = {
    "name": func.lower(ServerCredential.name),
    "username": ServerCredential.username,
    "created_at": ServerCredential.created_at,
}


class CredentialNotFound(NotFound):
    """No login has this id."""


class CredentialNameTaken(Conflict):
    """Another login has this name."""


class CredentialInUse(Conflict):
    """Something still logs in with this."""


class ServerCredentialService:
    """Writes logins with their resources and audit entries, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._records = CredentialRecords(session, audit)
        self._outbox = Outbox(session, clock)
        self._vault = vault
        self._resources = ResourceService(session, clock)

    async def get(self, credential_id: uuid.UUID) -> ServerCredentialRead:
        """Return one login, without its password."""
        found = await self._session.execute(
            select(ServerCredential, uses_of(ServerCredential.id)).where(
                ServerCredential.id == credential_id
            )
        )
        row = found.one_or_none()
        if row is None:
            raise CredentialNotFound("There is no login with this id.", fix="Reload the list.")
        return _read(*row)

    async def list(self, query: ServerCredentialQuery) -> Page[ServerCredentialRead]:
        """Search the logins by name or user name."""
        wanted: Sequence[ColumnElement[bool]] = (
            [
                contains(ServerCredential.name, query.q)
                | contains(ServerCredential.username, query.q)
            ]
            if query.q
            else []
        )
        total = await self._session.scalar(select(func.count(ServerCredential.id)).where(*wanted))
        rows = await self._session.execute(
            select(ServerCredential, uses_of(ServerCredential.id))
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "name", _SORTS, ServerCredential.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ServerCredentialRead](
            items=[_read(*row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def create(self, actor: Actor, new: ServerCredentialCreate) -> ServerCredentialRead:
        """Store a login."""
        await self._refuse_taken(new.name, None)
        now = self._clock.now()
        credential_id = uuid7()
        credential = ServerCredential(
            id=credential_id,
            name=new.name,
            username=new.username,
            password=self._seal(credential_id, new.password.get_secret_value(), 1),
            version=1,
            created_at=now,
            updated_at=now,
        )
        await self._resources.create(NewResource(credential_id, ResourceKind.CREDENTIAL, new.name))
        self._session.add(credential)
        added = CredentialAdded(
            object_id=credential.id, object_name=credential.name, resource_id=credential.id
        )
        self._outbox.announce(actor, added)
        await self._records.record(
            actor, "credential.created", credential, {"username": credential.username}
        )
        return _read(credential, 0)

    async def edit(
        self, actor: Actor, credential_id: uuid.UUID, edit: ServerCredentialEdit
    ) -> ServerCredentialRead:
        """Rename it, or replace the password: a new version, which ends kept connections."""
        credential = await self._get(credential_id)
        if edit.username is not None or edit.password is not None:
            await refuse_foreign_use(self._session, credential_id)
        fields: list[JsonValue] = []
        if edit.name is not None and edit.name != credential.name:
            await self._refuse_taken(edit.name, credential_id)
            credential.name = edit.name
            await self._resources.rename(credential_id, edit.name)
            fields.append("name")
        if edit.username is not None and edit.username != credential.username:
            credential.username = edit.username
            fields.append("username")
        if edit.password is not None:
            credential.version += 1
            credential.password = self._seal(
                credential_id, edit.password.get_secret_value(), credential.version
            )
            fields.append("password")
        credential.updated_at = self._clock.now()
        await self._records.record(actor, "credential.edited", credential, {"fields": fields})
        return await self.get(credential_id)

    async def delete(self, actor: Actor, credential_id: uuid.UUID) -> None:
        """Forget a login; refused while anything uses it."""
        credential = await self._get(credential_id)
        await refuse_foreign_use(self._session, credential_id)
        users = await users_of(self._session, credential_id)
        if users:
            names: list[JsonValue] = [*users]
            raise CredentialInUse(
                f"{credential.name} is in use: {', '.join(users)}.",
                fix="Give these servers another login first.",
                used_by=names,
            )
        await self._session.execute(
            delete(ServerCredential).where(ServerCredential.id == credential_id)
        )
        await self._resources.delete(credential_id)
        gone = CredentialDeleted(object_id=credential.id, object_name=credential.name)
        self._outbox.announce(actor, gone)
        await self._records.record(actor, "credential.deleted", credential, {})

    def _seal(self, credential_id: uuid.UUID, password: str, version: int) -> Sealed:
        return self._vault.seal(
            password, Ref("server_credential", credential_id, "password", version)
        )

    async def _get(self, credential_id: uuid.UUID) -> ServerCredential:
        credential = await self._session.get(ServerCredential, credential_id)
        if credential is None:
            raise CredentialNotFound("There is no login with this id.", fix="Reload the list.")
        return credential

    async def _refuse_taken(self, name: str, own_id: uuid.UUID | None) -> None:
        other = await self._session.scalar(
            select(ServerCredential.id).where(ServerCredential.name == name)
        )
        if other not in (None, own_id):
            raise CredentialNameTaken(
                f"There is a login named {name!r} already.", fix="Choose another name."
            )


def _read(credential: ServerCredential, servers: int) -> ServerCredentialRead:
    return ServerCredentialRead(
        id=credential.id,
        name=credential.name,
        username=credential.username,
        version=credential.version,
        servers=servers,
        created_at=credential.created_at,
        updated_at=credential.updated_at,
    )
