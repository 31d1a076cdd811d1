"""The routing tree: which routes an alert takes, with the reasons. Pure, so that it can explain."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.zones import time_zone
from app.models.core.notification_route import NotificationRoute
from app.models.core.notification_thread import NoticeKind
from app.schemas.core.notification_route import Digest, GroupBy, RouteMatch, RoutePlan
from app.services.core.notifications.facts import AlertFacts
from app.services.core.notifications.hours import end_of, is_within, next_time


@dataclass(frozen=True, slots=True)
class Route:
    """A route with its own plan, or the one above."""

    id: uuid.UUID
    name: str
    goes_on: bool
    match: RouteMatch
    plan: RoutePlan
    children: tuple["Route", ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one route had to say about an alert."""

    route: Route
    depth: int
    fits: bool
    why: str


@dataclass(slots=True)
class Way:
    """The routes that an alert takes, and all that were asked."""

    routes: list[Route] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


async def load(session: AsyncSession) -> tuple[Route, ...]:
    """Return the routes that are on, as a tree."""
    rows = await session.scalars(
        select(NotificationRoute).order_by(NotificationRoute.position, NotificationRoute.id)
    )
    below: dict[uuid.UUID | None, list[NotificationRoute]] = {}
    for row in rows:
        if row.is_enabled:
            below.setdefault(row.parent_id, []).append(row)
    return _grow(below, None, RoutePlan())


def _grow(
    below: Mapping[uuid.UUID | None, Sequence[NotificationRoute]],
    parent: uuid.UUID | None,
    inherited: RoutePlan,
) -> tuple[Route, ...]:
    grown = []
    for row in below.get(parent, ()):
        plan = inherited if row.plan is None else RoutePlan.model_validate(row.plan)
        grown.append(
            Route(
                id=row.id,
                name=row.name,
                goes_on=row.goes_on,
                match=RouteMatch.model_validate(row.match),
                plan=plan,
                children=_grow(below, row.id, plan),
            )
        )
    return tuple(grown)


def flat(routes: Sequence[Route]) -> dict[uuid.UUID, Route]:
    """Return the routes of all levels by id."""
    found: dict[uuid.UUID, Route] = {}
    for route in routes:
        found[route.id] = route
        found |= flat(route.children)
    return found


def find_way(routes: Sequence[Route], alert: AlertFacts, now: datetime, default_zone: str) -> Way:
    """Return the way of an alert: on each level the first route that fits, or several by `goes_on`.

    A route none of whose children fit is taken itself.
    """
    way = Way()
    _descend(routes, alert, now, default_zone, way, 0)
    return way


def _descend(
    routes: Sequence[Route],
    alert: AlertFacts,
    now: datetime,
    default_zone: str,
    way: Way,
    depth: int,
) -> bool:
    found = False
    for route in routes:
        reason = misfit(route.match, alert, now, default_zone)
        way.steps.append(Step(route, depth, not reason, reason or "It fits."))
        if reason:
            continue
        found = True
        if not _descend(route.children, alert, now, default_zone, way, depth + 1):
            way.routes.append(route)
        if not route.goes_on:
            break
    return found


def share(routes: Sequence[Route]) -> dict[uuid.UUID, tuple[uuid.UUID, ...]]:
    """Return whom each of the routes of one alert tells: a channel that several name, the first."""
    told: set[uuid.UUID] = set()
    found = {}
    for route in routes:
        found[route.id] = tuple(one for one in route.plan.channels if one not in told)
        told.update(route.plan.channels)
    return found


def misfit(match: RouteMatch, alert: AlertFacts, now: datetime, default_zone: str) -> str:
    """Return why an alert does not fit; empty when it does."""
    checks = (
        (match.severities, {alert.severity}, "Its severity is not one of these."),
        (match.domains, {alert.domain}, "Its domain is not one of these."),
        (match.types, {alert.alert_type}, "It is of another type."),
        (match.tags, set(alert.tags), "Its resource has none of the tags."),
        (match.groups, set(alert.groups), "Its resource is in none of the groups."),
        (match.servers, {alert.server_id, alert.resource_id}, "It is about another server."),
    )
    for wanted, has, reason in checks:
        if wanted and not has.intersection(wanted):
            return reason
    zone = time_zone(match.zone or default_zone)
    if match.hours and not is_within(match.hours, zone, now):
        return "It is not the time of this route."
    return ""


def group_key(plan: RoutePlan, alert: AlertFacts) -> str:
    """Return what puts alerts into one message."""
    if plan.digest is not Digest.OFF:
        return "digest"
    match plan.group_by:
        case GroupBy.CAUSE:
            return f"cause:{alert.cause_id or alert.alert_id}"
        case GroupBy.SERVER:
            return f"server:{alert.server_id or alert.resource_id or 'none'}"
        case GroupBy.TYPE:
            return f"type:{alert.alert_type}"
        case GroupBy.ALERT:
            return f"alert:{alert.alert_id}"
        case GroupBy.ALL:
            return "all"


@dataclass(frozen=True, slots=True)
class Due:
    """When a notice goes out, and what it waits for."""

    at: datetime
    waits_for: str = ""


def when(
    plan: RoutePlan,
    alert: AlertFacts,
    kind: NoticeKind,
    now: datetime,
    last_told: datetime | None,
    default_zone: str,
) -> Due:
    """Return when a notice goes out: with its group, its digest, or after the quiet hours."""
    zone: ZoneInfo = time_zone(plan.zone or default_zone)
    if plan.digest is not Digest.OFF and kind is not NoticeKind.ESCALATED:
        day = plan.digest_day if plan.digest is Digest.WEEKLY else None
        return Due(next_time(plan.digest_at, zone, now, day), "digest")
    wait, interval = (
        timedelta(seconds=seconds)
        for seconds in (plan.group_wait_seconds, plan.group_interval_seconds)
    )
    due = now + wait
    if last_told is not None:
        due = max(now + min(wait, interval), last_told + interval)
    if kind in (NoticeKind.ESCALATED, NoticeKind.REPEATED):
        due = now
    may_disturb = kind is NoticeKind.ESCALATED or alert.severity in plan.quiet_lets_through
    if not may_disturb and is_within(plan.quiet, zone, due):
        return Due(end_of(plan.quiet, zone, due), "quiet hours")
    return Due(due, "group" if due > now else "")
