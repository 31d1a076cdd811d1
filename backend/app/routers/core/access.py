"""Rights in single groups, and the accounts of programs."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.routers.dependencies import PageParameters, PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.access import (
    GrantWrite,
    GroupPerson,
    RoleGrantRead,
    ServiceAccountCreate,
    ServiceAccountEdit,
    ServiceAccountRead,
)
from app.services.core.audit import AuditLog
from app.services.core.grants import GrantService
from app.services.core.permissions import P
from app.services.core.service_accounts import ServiceAccountService

router = APIRouter(tags=["users"])


def _grant_reader(platform: PlatformDep, session: ReadSession) -> GrantService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return GrantService(session, platform.clock, audit)


def _grants(platform: PlatformDep, session: WriteSession) -> GrantService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return GrantService(session, platform.clock, audit)


def _account_reader(platform: PlatformDep, session: ReadSession) -> ServiceAccountService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return ServiceAccountService(session, platform.clock, audit)


def _accounts(platform: PlatformDep, session: WriteSession) -> ServiceAccountService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return ServiceAccountService(session, platform.clock, audit)


GrantReader = Annotated[GrantService, Depends(_grant_reader)]
Grants = Annotated[GrantService, Depends(_grants)]
AccountReader = Annotated[ServiceAccountService, Depends(_account_reader)]
Accounts = Annotated[ServiceAccountService, Depends(_accounts)]


@router.get(
    "/api/users/{user_id}/grants",
    dependencies=[requires(P.USERS_READ)],
    summary="A user's rights in groups",
    responses=documented(401, 403, 404, 422),
)
async def list_grants(user_id: uuid.UUID, grants: GrantReader) -> Sequence[RoleGrantRead]:
    """List the groups that a user or service account has a role for, beside the role for all."""
    return await grants.list(user_id)


@router.put(
    "/api/users/{user_id}/grants/{group_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    summary="Give a role for a group",
    responses=documented(401, 403, 404, 422),
)
async def give_grant(
    user_id: uuid.UUID,
    group_id: uuid.UUID,
    grant: GrantWrite,
    actor: CurrentActor,
    grants: Grants,
) -> RoleGrantRead:
    """Let somebody act on the resources of one group; it counts from the next request."""
    return await grants.grant(actor, user_id, group_id, grant.role)


@router.delete(
    "/api/users/{user_id}/grants/{group_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Take a role for a group away",
    responses=documented(401, 403, 404, 422),
)
async def withdraw_grant(
    user_id: uuid.UUID, group_id: uuid.UUID, actor: CurrentActor, grants: Grants
) -> None:
    """Withdraw a role for a group; the role for all stays."""
    await grants.withdraw(actor, user_id, group_id)


@router.get(
    "/api/resources/groups/{group_id}/people",
    dependencies=[requires(P.USERS_READ)],
    summary="Who may do what in a group",
    responses=documented(401, 403, 404, 422),
)
async def list_group_people(group_id: uuid.UUID, grants: GrantReader) -> Sequence[GroupPerson]:
    """List everybody with rights on the resources of a group, and where they come from."""
    return await grants.of_group(group_id)


@router.get(
    "/api/service-accounts",
    dependencies=[requires(P.USERS_READ)],
    summary="List service accounts",
    responses=documented(401, 403, 422),
)
async def list_service_accounts(
    accounts: AccountReader, query: PageParameters
) -> Page[ServiceAccountRead]:
    """List the programs that have rights here. Sort by `name`, `role` or `created_at`."""
    return await accounts.list(query)


@router.post(
    "/api/service-accounts",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a service account",
    responses=documented(401, 403, 409, 422),
)
async def create_service_account(
    new: ServiceAccountCreate, actor: CurrentActor, accounts: Accounts
) -> ServiceAccountRead:
    """Add an account without a password; give it a token by `POST /api/tokens` with `owner`."""
    return await accounts.create(actor, new)


@router.get(
    "/api/service-accounts/{user_id}",
    dependencies=[requires(P.USERS_READ)],
    summary="Show a service account",
    responses=documented(401, 403, 404, 422),
)
async def get_service_account(user_id: uuid.UUID, accounts: AccountReader) -> ServiceAccountRead:
    """Show one service account."""
    return await accounts.get(user_id)


@router.patch(
    "/api/service-accounts/{user_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    summary="Change a service account",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_service_account(
    user_id: uuid.UUID, edit: ServiceAccountEdit, actor: CurrentActor, accounts: Accounts
) -> ServiceAccountRead:
    """Change description, role or owner, or disable it; it counts from the next request."""
    return await accounts.edit(actor, user_id, edit)


@router.delete(
    "/api/service-accounts/{user_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a service account",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_service_account(
    user_id: uuid.UUID, actor: CurrentActor, accounts: Accounts
) -> None:
    """Delete it with its tokens; the audit log keeps what it did."""
    await accounts.delete(actor, user_id)
