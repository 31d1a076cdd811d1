"""Logins by password. No answer holds a password."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.credentials.server_credential import (
    ServerCredentialCreate,
    ServerCredentialEdit,
    ServerCredentialQuery,
    ServerCredentialRead,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.credentials.server_credentials import ServerCredentialService

router = APIRouter(prefix="/api/credentials/logins", tags=["logins"])


def _reader(platform: PlatformDep, session: ReadSession) -> ServerCredentialService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return ServerCredentialService(session, platform.clock, audit, platform.vault)


def _writer(platform: PlatformDep, session: WriteSession) -> ServerCredentialService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return ServerCredentialService(session, platform.clock, audit, platform.vault)


LoginReader = Annotated[ServerCredentialService, Depends(_reader)]
Logins = Annotated[ServerCredentialService, Depends(_writer)]


@router.get(
    "",
    dependencies=[requires(P.CREDENTIALS_READ)],
    summary="List logins",
    responses=documented(401, 403, 422),
)
async def list_logins(
    logins: LoginReader, query: Annotated[ServerCredentialQuery, Query()]
) -> Page[ServerCredentialRead]:
    """Search the logins by name or user name."""
    return await logins.list(query)


@router.post(
    "",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Store a login",
    responses=documented(401, 403, 409, 422),
)
async def create_login(
    actor: CurrentActor, logins: Logins, new: ServerCredentialCreate
) -> ServerCredentialRead:
    """Store a user name with its password, encrypted; the password is never shown."""
    return await logins.create(actor, new)


@router.get(
    "/{login_id}",
    dependencies=[requires(P.CREDENTIALS_READ)],
    summary="One login",
    responses=documented(401, 403, 404, 422),
)
async def get_login(login_id: uuid.UUID, logins: LoginReader) -> ServerCredentialRead:
    """Return a login without its password."""
    return await logins.get(login_id)


@router.patch(
    "/{login_id}",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    summary="Edit a login",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_login(
    login_id: uuid.UUID, actor: CurrentActor, logins: Logins, edit: ServerCredentialEdit
) -> ServerCredentialRead:
    """Rename it or replace the password; servers that use it connect anew."""
    return await logins.edit(actor, login_id, edit)


@router.delete(
    "/{login_id}",
    dependencies=[requires(P.CREDENTIALS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a login",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_login(login_id: uuid.UUID, actor: CurrentActor, logins: Logins) -> None:
    """Forget a login for good; refused while a server uses it."""
    await logins.delete(actor, login_id)
