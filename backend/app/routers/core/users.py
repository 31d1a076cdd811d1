"""Users and the table of rights."""

import uuid

from fastapi import APIRouter, status

from app.models.core.user import User
from app.routers.core.identity import Door, OwnFactor, UserReader, Users
from app.routers.dependencies import PageParameters
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.user import (
    PasswordReset,
    PermissionRead,
    RoleTable,
    UserCreate,
    UserRead,
    UserUpdate,
)
from app.services.core.permissions import ROLES, WHAT_FOR, P, Role
from app.services.core.users import UserChanges

router = APIRouter(tags=["users"])


@router.get(
    "/api/users",
    dependencies=[requires(P.USERS_READ)],
    summary="List users",
    responses=documented(401, 403, 422),
)
async def list_users(users: UserReader, query: PageParameters) -> Page[UserRead]:
    """List who may log in. Sort by `name`, `role`, `created_at` or `last_login_at`."""
    return await users.list(query)


@router.post(
    "/api/users",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    response_model=UserRead,
    summary="Add a user",
    responses=documented(401, 403, 409, 422),
)
async def create_user(new: UserCreate, actor: CurrentActor, door: Door) -> User:
    """Add a user with a first password."""
    return await door.create_user(actor, new)


@router.get(
    "/api/users/{user_id}",
    dependencies=[requires(P.USERS_READ)],
    response_model=UserRead,
    summary="Show a user",
    responses=documented(401, 403, 404, 422),
)
async def get_user(user_id: uuid.UUID, users: UserReader) -> User:
    """Show one user."""
    return await users.get(user_id)


@router.patch(
    "/api/users/{user_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    response_model=UserRead,
    summary="Change a user",
    responses=documented(401, 403, 404, 409, 422),
)
async def update_user(
    user_id: uuid.UUID, changes: UserUpdate, actor: CurrentActor, users: Users
) -> User:
    """Change full name, role or whether the user is disabled; it counts from the next request."""
    wanted = UserChanges(changes.full_name, changes.role, changes.is_disabled)
    return await users.update(actor, user_id, wanted)


@router.delete(
    "/api/users/{user_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a user",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_user(user_id: uuid.UUID, actor: CurrentActor, users: Users) -> None:
    """Delete a user with sessions and tokens; the audit log keeps what they did."""
    await users.delete(actor, user_id)


@router.post(
    "/api/users/{user_id}/password",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Reset a user's password",
    responses=documented(401, 403, 404, 422),
)
async def reset_password(
    user_id: uuid.UUID, new: PasswordReset, actor: CurrentActor, door: Door
) -> None:
    """Set a new password for a user, who is logged out everywhere."""
    await door.reset_password(actor, user_id, new.password.get_secret_value())


@router.delete(
    "/api/users/{user_id}/second-factor",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Reset a user's second factor",
    responses=documented(401, 403, 404, 422),
)
async def reset_second_factor(user_id: uuid.UUID, actor: CurrentActor, factor: OwnFactor) -> None:
    """Take a lost second factor away; the user is logged out everywhere."""
    await factor.reset(actor, user_id)


@router.get(
    "/api/roles",
    dependencies=[requires(P.SELF)],
    summary="The table of rights",
    responses=documented(401, 403),
)
async def get_roles() -> RoleTable:
    """Show which role has which right; the same names are the scopes of API tokens."""
    permissions = [
        PermissionRead(
            permission=permission,
            description=WHAT_FOR[permission],
            roles=[role for role in Role if permission in ROLES[role]],
        )
        for permission in P
    ]
    return RoleTable(roles=list(Role), permissions=permissions)
