"""Routes: the tree as people change it, and who would get an alert."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import NotFound
from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_route import NotificationRoute
from app.models.core.notification_thread import NoticeKind, NotificationThread
from app.schemas.core.notification_route import (
    ExplainQuery,
    ExplainStep,
    ExplainTold,
    Explanation,
    RouteMatch,
    RoutePlan,
    RouteRead,
    RouteWrite,
)
from app.services.core.audit import AuditLog
from app.services.core.notifications.facts import AlertFacts, place_of
from app.services.core.notifications.forms import refuse
from app.services.core.notifications.route_lint import (
    Known,
    findings_of,
    gone_places,
    hidden_by,
    read_known,
)
from app.services.core.notifications.tree import Route, find_way, load, when
from app.services.core.permissions import Actor

_DEEPEST = 6


class RouteNotFound(NotFound):
    """No route of this id."""


class RouteService:
    """Reads and writes routes, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog, zone: str) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._zone = zone

    async def list(self) -> Sequence[RouteRead]:
        """Return all routes: the tree by `parent_id`, siblings in their order."""
        found = await self._session.scalars(
            select(NotificationRoute).order_by(NotificationRoute.position, NotificationRoute.id)
        )
        rows = found.all()
        matches = {row.id: RouteMatch.model_validate(row.match) for row in rows}
        known, hidden = await read_known(self._session, matches.values()), hidden_by(rows)
        return [_read(row, matches[row.id], known, hidden.get(row.id, "")) for row in rows]

    async def create(self, actor: Actor, wish: RouteWrite) -> RouteRead:
        """Enter a route."""
        now = self._clock.now()
        row = NotificationRoute(id=uuid7(), created_at=now)
        return await self._write(actor, row, wish, "notification_route.created")

    async def edit(self, actor: Actor, route_id: uuid.UUID, wish: RouteWrite) -> RouteRead:
        """Change a route."""
        row = await self._row(route_id)
        return await self._write(actor, row, wish, "notification_route.changed")

    async def delete(self, actor: Actor, route_id: uuid.UUID) -> None:
        """Forget a route with all below it."""
        row = await self._row(route_id)
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "notification_route.deleted", row)

    async def _write(
        self, actor: Actor, row: NotificationRoute, wish: RouteWrite, action: str
    ) -> RouteRead:
        await self._check(row.id, wish)
        if gone := [*gone_places(wish.match, await read_known(self._session, [wish.match]))]:
            refuse(gone)
        row.name, row.parent_id, row.position = wish.name, wish.parent_id, wish.position
        row.is_enabled, row.goes_on = wish.is_enabled, wish.goes_on
        row.match = wish.match.model_dump(mode="json")
        row.plan = None if wish.plan is None else wish.plan.model_dump(mode="json")
        row.updated_at = self._clock.now()
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, action, row)
        return next(one for one in await self.list() if one.id == row.id)

    async def _check(self, route_id: uuid.UUID, wish: RouteWrite) -> None:
        plan = wish.plan
        channels = () if plan is None else (*plan.channels, *plan.escalate_to)
        known = set(
            await self._session.scalars(
                select(NotificationChannel.id).where(NotificationChannel.id.in_(channels))
            )
        )
        if not known.issuperset(channels):
            refuse([("plan/channels", "One of the channels does not exist.")])
        if plan is not None and plan.escalate_after_minutes and not plan.escalate_to:
            refuse([("plan/escalate_to", "Say whom to tell when nobody acknowledges.")])
        above, depth = wish.parent_id, 1
        while above is not None:
            parent = await self._session.get(NotificationRoute, above)
            if parent is None or parent.id == route_id:
                refuse([("parent_id", "A route hangs on another one that exists, not on itself.")])
            above, depth = parent.parent_id, depth + 1
            if depth > _DEEPEST:
                refuse([("parent_id", f"Routes are at most {_DEEPEST} deep.")])

    async def _row(self, route_id: uuid.UUID) -> NotificationRoute:
        row = await self._session.get(NotificationRoute, route_id)
        if row is None:
            raise RouteNotFound("There is no route with this id.")
        return row

    async def _record(self, actor: Actor, action: str, row: NotificationRoute) -> None:
        await self._audit.record(
            actor,
            action,
            kind="notification_route",
            object_id=row.id,
            name=row.name,
            details={"match": row.match, "plan": row.plan, "is_enabled": row.is_enabled},
        )

    async def explain(self, query: ExplainQuery) -> Explanation:
        """Return who would get an alert, when, and why."""
        now = query.at or self._clock.now()
        alert = await self._alert(query)
        names = {row.id: row for row in await self._session.scalars(select(NotificationChannel))}
        way = find_way(await load(self._session), alert, now, self._zone)
        told: list[ExplainTold] = []
        seen: set[uuid.UUID] = set()
        for route in way.routes:
            due = when(route.plan, alert, NoticeKind.FIRED, now, None, self._zone)
            minutes = route.plan.escalate_after_minutes
            for channel_id in route.plan.channels:
                channel = names.get(channel_id)
                if channel is None or channel_id in seen or not channel.is_enabled:
                    continue
                seen.add(channel_id)
                told.append(
                    ExplainTold(
                        channel_id=channel_id,
                        channel_name=channel.name,
                        route_id=route.id,
                        route_name=route.name,
                        at=due.at,
                        waits_for=due.waits_for,
                        escalates_at=now + timedelta(minutes=minutes) if minutes else None,
                        escalates_to=[
                            names[one].name for one in route.plan.escalate_to if one in names
                        ],
                    )
                )
        steps = [
            ExplainStep(
                route_id=step.route.id,
                name=step.route.name,
                depth=step.depth,
                fits=step.fits,
                why=step.why,
            )
            for step in way.steps
        ]
        return Explanation(told=told, steps=steps, summary=_summary(told, way.routes))

    async def _alert(self, query: ExplainQuery) -> AlertFacts:
        now = query.at or self._clock.now()
        resource_id, severity = query.resource_id, query.severity.value
        alert_type, domain = query.alert_type, query.domain
        if query.alert_id is not None:
            thread = await self._session.scalar(
                select(NotificationThread)
                .where(NotificationThread.alert_id == query.alert_id)
                .limit(1)
            )
            if thread is not None:
                return AlertFacts.read(thread.alert)
            alert = await self._session.get(Alert, query.alert_id)
            if alert is None:
                raise RouteNotFound("There is no alert with this id.")
            resource_id, alert_type = alert.resource_id, alert.kind
            severity, domain = str(alert.severity), alert.domain
        place = await place_of(self._session, resource_id)
        return AlertFacts(
            alert_id=query.alert_id or uuid7(),
            severity=severity,
            domain=domain,
            alert_type=alert_type,
            began_at=now,
            at=now,
            **place.model_dump(),
        )


def _read(row: NotificationRoute, match: RouteMatch, known: Known, hidden: str) -> RouteRead:
    plan = None if row.plan is None else RoutePlan.model_validate(row.plan)
    findings = [*([hidden] if hidden else []), *findings_of(match, plan, known)]
    return RouteRead(
        id=row.id,
        name=row.name,
        parent_id=row.parent_id,
        position=row.position,
        is_enabled=row.is_enabled,
        goes_on=row.goes_on,
        match=match,
        plan=plan,
        findings=findings if row.is_enabled else [],
    )


def _summary(told: Sequence[ExplainTold], routes: Sequence[Route]) -> str:
    if told:
        names = ", ".join(one.channel_name for one in told)
        return f"It goes to {names}."
    if not routes:
        return "Nobody: no route fits. Add one without conditions at the end."
    return f"Nobody: the route {routes[0].name} tells no channel that is on."
