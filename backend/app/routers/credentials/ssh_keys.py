"""SSH keys: generate, import, rename, delete. No answer holds a private half."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.credentials.ssh_key import (
    DeploymentRead,
    SSHKeyGenerate,
    SSHKeyImport,
    SSHKeyQuery,
    SSHKeyRead,
    SSHKeyRename,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.credentials.key_maker import KeyMaker
from app.services.credentials.ssh_keys import SSHKeyService

router = APIRouter(prefix="/api/credentials/ssh-keys", tags=["ssh keys"])


def _reader(platform: PlatformDep, session: ReadSession) -> SSHKeyService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return SSHKeyService(session, platform.clock, audit, platform.vault)


def _writer(platform: PlatformDep, session: WriteSession) -> SSHKeyService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return SSHKeyService(session, platform.clock, audit, platform.vault)


def _maker(platform: PlatformDep) -> KeyMaker:
    return KeyMaker(platform.database, platform.clock, platform.vault)


KeyReader = Annotated[SSHKeyService, Depends(_reader)]
Keys = Annotated[SSHKeyService, Depends(_writer)]
Maker = Annotated[KeyMaker, Depends(_maker)]


@router.get(
    "",
    dependencies=[requires(P.CREDENTIALS_READ)],
    summary="List SSH keys",
    responses=documented(401, 403, 422),
)
async def list_ssh_keys(
    keys: KeyReader, query: Annotated[SSHKeyQuery, Query()]
) -> Page[SSHKeyRead]:
    """Search the keys by name or fingerprint."""
    return await keys.list(query)


@router.post(
    "",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Generate an SSH key",
    responses=documented(401, 403, 409, 422),
)
async def generate_ssh_key(actor: CurrentActor, maker: Maker, new: SSHKeyGenerate) -> SSHKeyRead:
    """Make a key pair; the private half is stored encrypted and never shown."""
    return await maker.generate(actor, new)


@router.post(
    "/import",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Import an SSH key",
    responses=documented(401, 403, 409, 422),
)
async def import_ssh_key(actor: CurrentActor, maker: Maker, new: SSHKeyImport) -> SSHKeyRead:
    """Take over a private key file in OpenSSH's form or PEM; the passphrase is checked."""
    return await maker.take_over(actor, new)


@router.get(
    "/{key_id}",
    dependencies=[requires(P.CREDENTIALS_READ)],
    summary="One SSH key",
    responses=documented(401, 403, 404, 422),
)
async def get_ssh_key(key_id: uuid.UUID, keys: KeyReader) -> SSHKeyRead:
    """Return the public half and the fingerprint of a key."""
    return await keys.get(key_id)


@router.patch(
    "/{key_id}",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    summary="Rename an SSH key",
    responses=documented(401, 403, 404, 409, 422),
)
async def rename_ssh_key(
    key_id: uuid.UUID, actor: CurrentActor, keys: Keys, edit: SSHKeyRename
) -> SSHKeyRead:
    """Give a key another name."""
    return await keys.rename(actor, key_id, edit.name)


@router.delete(
    "/{key_id}",
    dependencies=[requires(P.CREDENTIALS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an SSH key",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_ssh_key(key_id: uuid.UUID, actor: CurrentActor, keys: Keys) -> None:
    """Forget a key for good; refused while a server uses it or it is installed on one."""
    await keys.delete(actor, key_id)


@router.get(
    "/{key_id}/deployments",
    dependencies=[requires(P.CREDENTIALS_READ)],
    summary="Where an SSH key is installed",
    responses=documented(401, 403, 404, 422),
)
async def list_ssh_key_deployments(key_id: uuid.UUID, keys: KeyReader) -> Sequence[DeploymentRead]:
    """List the accounts that let the key in, and the installations that failed."""
    return await keys.deployments(key_id)
