"""SSH keys: store, list, rename, delete. Private halves go in and never come out."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.errors import Conflict, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceKind
from app.models.credentials.ssh_key import DeploymentState, SSHKey, SSHKeyDeployment
from app.schemas.base import Page
from app.schemas.credentials.ssh_key import (
    DeploymentRead,
    SSHKeyQuery,
    SSHKeyRead,
)
from app.services.core.audit import AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor
from app.services.core.queries import contains, sorted_by
from app.services.core.resources import NewResource, ResourceService
from app.services.credentials.events import SSHKeyAdded, SSHKeyDeleted
from app.services.credentials.key_material import KeyPair
from app.services.credentials.records import CredentialRecords
from app.services.credentials.uses import refuse_foreign_use, users_of, uses_of

_SORTS = {
    "name": func.lower(SSHKey.name),
    "algorithm": SSHKey.algorithm,
    "created_at": SSHKey.created_at,
}
_INSTALLED = (DeploymentState.INSTALLED, DeploymentState.VERIFIED)


class SSHKeyNotFound(NotFound):
    """No key has this id."""


class SSHKeyNameTaken(Conflict):
    """Another key has this name."""


class SSHKeyAlreadyStored(Conflict):
    """The same key pair is stored already."""


class SSHKeyInUse(Conflict):
    """Something still logs in with this key."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair that is ready to be stored."""

    name: str
    pair: KeyPair
    passphrase: str | None = field(default=None, repr=False)
    is_imported: bool = False


class SSHKeyService:
    """Writes keys with their resources and audit entries, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._records = CredentialRecords(session, audit)
        self._outbox = Outbox(session, clock)
        self._vault = vault
        self._resources = ResourceService(session, clock)

    async def get(self, key_id: uuid.UUID) -> SSHKeyRead:
        """Return one key."""
        row = (
            await self._session.execute(
                select(SSHKey, uses_of(SSHKey.id)).where(SSHKey.id == key_id)
            )
        ).one_or_none()
        if row is None:
            raise SSHKeyNotFound("There is no SSH key with this id.", fix="Reload the list.")
        return _read(*row)

    async def list(self, query: SSHKeyQuery) -> Page[SSHKeyRead]:
        """Search the keys by name or fingerprint."""
        wanted: Sequence[ColumnElement[bool]] = (
            [contains(SSHKey.name, query.q) | contains(SSHKey.fingerprint, query.q)]
            if query.q
            else []
        )
        total = await self._session.scalar(select(func.count(SSHKey.id)).where(*wanted))
        rows = await self._session.execute(
            select(SSHKey, uses_of(SSHKey.id))
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "name", _SORTS, SSHKey.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[SSHKeyRead](
            items=[_read(*row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def store(self, actor: Actor, new: NewKey) -> SSHKeyRead:
        """Keep a key pair that was made or read before; see `KeyMaker`."""
        pair, passphrase = new.pair, new.passphrase
        await self._refuse_taken(new.name, None)
        await self._refuse_known(pair.public.fingerprint)
        now = self._clock.now()
        key_id = uuid7()
        key = SSHKey(
            id=key_id,
            name=new.name,
            algorithm=pair.public.algorithm,
            public_key=pair.public.line,
            fingerprint=pair.public.fingerprint,
            private_key=self._vault.seal(
                pair.private_key, Ref("ssh_key", key_id, "private_key", 1)
            ),
            passphrase=None
            if passphrase is None
            else self._vault.seal(passphrase, Ref("ssh_key", key_id, "passphrase", 1)),
            version=1,
            created_at=now,
            updated_at=now,
        )
        await self._resources.create(NewResource(key_id, ResourceKind.SSH_KEY, new.name))
        self._session.add(key)
        await self._session.flush()
        self._outbox.announce(
            actor, SSHKeyAdded(object_id=key.id, object_name=new.name, resource_id=key.id)
        )
        action = "ssh_key.imported" if new.is_imported else "ssh_key.generated"
        await self._records.record(actor, action, key, {"fingerprint": key.fingerprint})
        return _read(key, 0)

    async def rename(self, actor: Actor, key_id: uuid.UUID, name: str) -> SSHKeyRead:
        """Give a key another name."""
        key = await self._get(key_id)
        await self._refuse_taken(name, key_id)
        before, key.name = key.name, name
        key.updated_at = self._clock.now()
        await self._resources.rename(key_id, name)
        await self._records.record(actor, "ssh_key.renamed", key, {"before": before, "after": name})
        return await self.get(key_id)

    async def delete(self, actor: Actor, key_id: uuid.UUID) -> None:
        """Forget a key; refused while anything uses it or it stands on a machine."""
        key = await self._get(key_id)
        await refuse_foreign_use(self._session, key_id)
        users = await users_of(self._session, key_id)
        installed = (
            await self._session.scalars(
                select(Resource.name)
                .join(SSHKeyDeployment, SSHKeyDeployment.resource_id == Resource.id)
                .where(
                    SSHKeyDeployment.ssh_key_id == key_id,
                    SSHKeyDeployment.state.in_(_INSTALLED),
                )
            )
        ).all()
        if users or installed:
            names: list[JsonValue] = [*sorted({*users, *installed})]
            raise SSHKeyInUse(
                f"{key.name} is in use: {', '.join(str(name) for name in names)}.",
                fix="Give these servers another login and remove the key from them first.",
                used_by=names,
            )
        await self._session.execute(delete(SSHKey).where(SSHKey.id == key_id))
        await self._resources.delete(key_id)
        self._outbox.announce(actor, SSHKeyDeleted(object_id=key.id, object_name=key.name))
        await self._records.record(actor, "ssh_key.deleted", key, {"fingerprint": key.fingerprint})

    async def deployments(self, key_id: uuid.UUID) -> Sequence[DeploymentRead]:
        """Return where the key is installed, or was meant to be."""
        await self._get(key_id)
        rows = await self._session.execute(
            select(SSHKeyDeployment, Resource.name)
            .join(Resource, Resource.id == SSHKeyDeployment.resource_id)
            .where(SSHKeyDeployment.ssh_key_id == key_id)
            .order_by(Resource.name)
        )
        return [
            DeploymentRead.model_validate({**_columns(deployment), "resource_name": name})
            for deployment, name in rows
        ]

    async def _get(self, key_id: uuid.UUID) -> SSHKey:
        key = await self._session.get(SSHKey, key_id)
        if key is None:
            raise SSHKeyNotFound("There is no SSH key with this id.", fix="Reload the list.")
        return key

    async def _refuse_taken(self, name: str, own_id: uuid.UUID | None) -> None:
        other = await self._session.scalar(select(SSHKey.id).where(SSHKey.name == name))
        if other not in (None, own_id):
            raise SSHKeyNameTaken(
                f"There is an SSH key named {name!r} already.", fix="Choose another name."
            )

    async def _refuse_known(self, fingerprint: str) -> None:
        other = await self._session.scalar(
            select(SSHKey.name).where(SSHKey.fingerprint == fingerprint)
        )
        if other is not None:
            raise SSHKeyAlreadyStored(
                f"This key pair is stored already, as {other!r}.", fix="Use that one."
            )


def _read(key: SSHKey, servers: int) -> SSHKeyRead:
    return SSHKeyRead(
        id=key.id,
        name=key.name,
        algorithm=key.algorithm,
        public_key=key.public_key,
        fingerprint=key.fingerprint,
        has_passphrase=key.passphrase is not None,
        version=key.version,
        servers=servers,
        created_at=key.created_at,
        updated_at=key.updated_at,
    )


def _columns(deployment: SSHKeyDeployment) -> dict[str, object]:
    return {
        column.key: getattr(deployment, column.key) for column in SSHKeyDeployment.__table__.columns
    }
