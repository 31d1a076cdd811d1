"""The sessions of the one who asks, and with the right those of others."""

import uuid

from fastapi import APIRouter, status

from app.kernel.errors import Conflict
from app.routers.core.identity import SessionReader, Sessions
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.session import SessionRead, SessionsEnded
from app.services.core.devices import device_name
from app.services.core.permissions import Actor, P
from app.services.core.sessions import SessionService

router = APIRouter(tags=["sessions"])


@router.get(
    "/api/auth/sessions",
    dependencies=[requires(P.SELF)],
    summary="List the own sessions",
    responses=documented(401, 403, 409),
)
async def list_own_sessions(actor: CurrentActor, sessions: SessionReader) -> list[SessionRead]:
    """List where the own account is logged in, the session used last first."""
    return await _list(sessions, actor, _own_id(actor))


@router.delete(
    "/api/auth/sessions",
    dependencies=[requires(P.SELF)],
    summary="End all other own sessions",
    responses=documented(401, 403, 409),
)
async def end_other_sessions(actor: CurrentActor, sessions: Sessions) -> SessionsEnded:
    """Log the own account out everywhere but here."""
    return SessionsEnded(ended=await sessions.end_others(actor, _own_id(actor)))


@router.delete(
    "/api/auth/sessions/{session_id}",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End an own session",
    responses=documented(401, 403, 404, 409, 422),
)
async def end_own_session(session_id: uuid.UUID, actor: CurrentActor, sessions: Sessions) -> None:
    """End one of the own sessions; it is refused from its next request on."""
    await sessions.end(actor, _own_id(actor), session_id)


@router.get(
    "/api/users/{user_id}/sessions",
    dependencies=[requires(P.USERS_MANAGE)],
    summary="List a user's sessions",
    responses=documented(401, 403, 422),
)
async def list_user_sessions(
    user_id: uuid.UUID, actor: CurrentActor, sessions: SessionReader
) -> list[SessionRead]:
    """List where a user is logged in."""
    return await _list(sessions, actor, user_id)


@router.delete(
    "/api/users/{user_id}/sessions",
    dependencies=[requires(P.USERS_MANAGE)],
    summary="End all sessions of a user",
    responses=documented(401, 403, 404, 422),
)
async def end_user_sessions(
    user_id: uuid.UUID, actor: CurrentActor, sessions: Sessions
) -> SessionsEnded:
    """Log a user out everywhere; of oneself, the session that asks stays."""
    return SessionsEnded(ended=await sessions.end_all(actor, user_id))


@router.delete(
    "/api/users/{user_id}/sessions/{session_id}",
    dependencies=[requires(P.USERS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End a user's session",
    responses=documented(401, 403, 404, 422),
)
async def end_user_session(
    user_id: uuid.UUID, session_id: uuid.UUID, actor: CurrentActor, sessions: Sessions
) -> None:
    """End one session of a user; it is refused from its next request on."""
    await sessions.end(actor, user_id, session_id)


async def _list(sessions: SessionService, actor: Actor, user_id: uuid.UUID) -> list[SessionRead]:
    return [
        SessionRead(
            id=row.id,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            address=row.address,
            user_agent=row.user_agent,
            device=device_name(row.user_agent),
            has_second_factor=row.has_second_factor,
            is_current=row.id == actor.session_id,
        )
        for row in await sessions.list_of(actor, user_id)
    ]


def _own_id(actor: Actor) -> uuid.UUID:
    if actor.user_id is None:
        raise Conflict("This command runs as no user, so that it has no sessions.")
    return actor.user_id
