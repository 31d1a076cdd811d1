"""The activity: what happened, in plain words."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.activity import ActivityPage, ActivityQuery, StuckRead
from app.services.core.activity import Activity, StuckEvents
from app.services.core.permissions import P

router = APIRouter(prefix="/api/activity", tags=["activity"])


def _activity(session: ReadSession) -> Activity:
    return Activity(session)


def _stuck(platform: PlatformDep, session: WriteSession) -> StuckEvents:
    return StuckEvents(session, platform.clock)


ActivityDep = Annotated[Activity, Depends(_activity)]
StuckDep = Annotated[StuckEvents, Depends(_stuck)]


@router.get(
    "",
    dependencies=[requires(P.SYSTEM_READ)],
    summary="See what happened",
    responses=documented(401, 403, 422),
)
async def list_activity(
    activity: ActivityDep, actor: CurrentActor, query: Annotated[ActivityQuery, Query()]
) -> ActivityPage:
    """List what happened, the newest first, as far as the caller may see what it is about.

    Who changed which field stands in the audit log; this is for people who ask what is going on.
    """
    return await activity.list(actor, query)


@router.get(
    "/stuck",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="See what could not be handled",
    responses=documented(401, 403),
)
async def list_stuck_events(activity: ActivityDep) -> Sequence[StuckRead]:
    """List events that a part of Unity failed to handle again and again; the oldest first."""
    return await activity.stuck()


@router.post(
    "/stuck/{delivery_id}/retry",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Handle an event again",
    responses=documented(401, 403, 404, 422),
)
async def retry_stuck_event(stuck: StuckDep, delivery_id: uuid.UUID) -> None:
    """Try it again, at once and with all attempts."""
    await stuck.retry(delivery_id)
