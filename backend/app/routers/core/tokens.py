"""API tokens: keys for programs."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, status

from app.routers.core.identity import TokenReader, Tokens
from app.routers.dependencies import PageParameters
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.token import TokenCreate, TokenCreated, TokenQuery, TokenRead
from app.services.core.permissions import P

router = APIRouter(tags=["tokens"])


@router.get(
    "/api/tokens",
    dependencies=[requires(P.SELF)],
    summary="List API tokens",
    responses=documented(401, 403, 422),
)
async def list_tokens(
    actor: CurrentActor, tokens: TokenReader, query: Annotated[TokenQuery, Query()]
) -> Page[TokenRead]:
    """List the own tokens, or those of all users with `all=true` and tokens:manage.

    Sort by `name`, `created_at`, `last_used_at` or `expires_at`. On the local socket, which is no
    user's, all are listed.
    """
    return await tokens.list(actor, query, user_id=None if query.all else actor.user_id)


@router.post(
    "/api/tokens",
    dependencies=[requires(P.SELF, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    summary="Make an API token",
    responses=documented(401, 403, 404, 409, 422),
)
async def create_token(wish: TokenCreate, actor: CurrentActor, tokens: Tokens) -> TokenCreated:
    """Make a token; this answer is the only one that shows it.

    Its scopes are rights that you have yourself. Should the owner lose one, the token loses it too.
    """
    new = await tokens.create(actor, wish)
    return TokenCreated(**new.shown.model_dump(), token=new.text)


@router.delete(
    "/api/tokens/{token_id}",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Revoke an API token",
    responses=documented(401, 403, 404, 422),
)
async def revoke_token(token_id: uuid.UUID, actor: CurrentActor, tokens: Tokens) -> None:
    """Revoke an own token, or with tokens:manage that of another; it is refused at once."""
    await tokens.revoke(actor, token_id)


@router.get(
    "/api/users/{user_id}/tokens",
    dependencies=[requires(P.TOKENS_MANAGE)],
    summary="List a user's API tokens",
    responses=documented(401, 403, 422),
)
async def list_user_tokens(
    user_id: uuid.UUID, actor: CurrentActor, tokens: TokenReader, query: PageParameters
) -> Page[TokenRead]:
    """List the tokens of a user."""
    return await tokens.list(actor, query, user_id=user_id)
