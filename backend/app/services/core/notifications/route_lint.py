"""What keeps a route from doing what it seems to do: it names what is gone, or a silent channel."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Alert
from app.models.core.alert_rule import AlertRule
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_route import NotificationRoute
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.schemas.core.notification_route import RouteMatch, RoutePlan
from app.services.core.notifications.heartbeats import SILENT

_NOBODY = "So nothing takes this way."


@dataclass(frozen=True, slots=True)
class Known:
    """What there is for routes to name."""

    tags: Collection[str]
    types: Collection[str]
    groups: Collection[uuid.UUID]
    servers: Collection[uuid.UUID]
    channels_off: Mapping[uuid.UUID, str]  # the names of those that are switched off


async def read_known(session: AsyncSession, matches: Iterable[RouteMatch]) -> Known:
    """Read it: six small statements, whatever the number of routes."""
    named = {server_id for match in matches for server_id in match.servers}
    types = {*await session.scalars(select(AlertRule.kind).distinct()), SILENT}
    types |= set(await session.scalars(select(Alert.kind).distinct()))
    off = await session.execute(
        select(NotificationChannel.id, NotificationChannel.name).where(
            NotificationChannel.is_enabled.is_(False)
        )
    )
    return Known(
        tags=set(await session.scalars(select(ResourceTag.tag).distinct())),
        types=types,
        groups=set(await session.scalars(select(ResourceGroup.id))),
        servers=set(await session.scalars(select(Resource.id).where(Resource.id.in_(named)))),
        channels_off={row.id: row.name for row in off},
    )


def gone_places(match: RouteMatch, known: Known) -> Iterator[tuple[str, str]]:
    """Yield the fields that name places which do not exist, each with a sentence."""
    if set(match.groups) - set(known.groups):
        yield "match/groups", "One of these groups does not exist any more."
    if set(match.servers) - set(known.servers):
        yield "match/servers", "One of these servers does not exist any more."


def findings_of(match: RouteMatch, plan: RoutePlan | None, known: Known) -> list[str]:
    """Return what there is to say of a route, in sentences."""
    return [*_match_findings(match, known), *_plan_findings(plan, known)]


def hidden_by(rows: Sequence[NotificationRoute]) -> dict[uuid.UUID, str]:
    """Return the routes that are never asked, and why: an earlier neighbour takes every alert.

    `rows` are all routes in their order.
    """
    takes_all: dict[uuid.UUID | None, str] = {}
    found: dict[uuid.UUID, str] = {}
    for row in rows:
        if not row.is_enabled:
            continue
        if first := takes_all.get(row.parent_id):
            found[row.id] = (
                f"It is never asked: {first} comes before it and takes every alert. Give it a"
                " smaller place."
            )
        elif not row.goes_on and RouteMatch.model_validate(row.match) == RouteMatch():
            takes_all[row.parent_id] = row.name
    return found


def _match_findings(match: RouteMatch, known: Known) -> Iterator[str]:
    for tag in match.tags:
        if tag not in known.tags:
            yield _ended(f"Nothing has the tag {tag!r}.", match.tags, known.tags)
    for kind in match.types:
        if kind not in known.types:
            yield _ended(f"No rule tells of {kind!r}.", match.types, known.types)
    for field, said in gone_places(match, known):
        is_group = field.endswith("groups")
        wanted = match.groups if is_group else match.servers
        yield _ended(said, wanted, known.groups if is_group else known.servers)


def _ended(
    said: str, wanted: Iterable[str | uuid.UUID], known: Collection[str] | Collection[uuid.UUID]
) -> str:
    """Say what comes of it: one of several tags is a slip, the only one makes the route blind."""
    return said if set(wanted) & set(known) else f"{said} {_NOBODY}"


def _plan_findings(plan: RoutePlan | None, known: Known) -> Iterator[str]:
    if plan is None:
        return
    for channel_id in dict.fromkeys((*plan.channels, *plan.escalate_to)):
        if name := known.channels_off.get(channel_id):
            yield f"The channel {name} is switched off."
