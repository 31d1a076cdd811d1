"""Hears what the alert engine announces, and notes what is to be said and when.

It runs in the transaction that also holds the mark that the event was handled, so each event
counts once. Nothing goes out here: the composer makes messages of the notices.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    DeliveryKind,
    DeliveryState,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.models.core.notification_thread import (
    NoticeKind,
    NotificationNotice,
    NotificationThread,
    ThreadState,
)
from app.schemas.core.notification_route import Digest
from app.services.core.alerts.events import (
    AlertAcknowledged,
    AlertChanged,
    AlertFired,
    AlertReopened,
    AlertResolved,
    AlertUnmuted,
    AlertWorsened,
)
from app.services.core.hearing import HeardEvent
from app.services.core.notifications import wording
from app.services.core.notifications.facts import AlertFacts, facts_of
from app.services.core.notifications.tree import Route, find_way, flat, group_key, load, share, when

HANDLER = "notifications"
_KINDS: tuple[type[AlertChanged], ...] = (
    AlertFired,
    AlertUnmuted,
    AlertWorsened,
    AlertResolved,
    AlertAcknowledged,
    AlertReopened,
)


class AlertHearing:
    """The handler of `alert.*`."""

    def __init__(self, clock: Clock, zone: str) -> None:
        self._clock = clock
        self._zone = zone

    async def hear(self, session: AsyncSession, event: HeardEvent) -> None:
        """Note what an alert's change means for those who are to be told."""
        kind = next((one for one in _KINDS if one.kind == event.kind), None)
        if kind is None:
            return  # other announcements about alerts concern nobody by message
        told = event.told(kind)
        if told.object_id is None:
            return
        facts = await facts_of(session, told.object_id, told)
        book = NoticeBook(session, self._clock.now(), self._zone)
        match told:
            case AlertFired():
                await book.fired(facts, muted_by=told.muted_by)
            case AlertUnmuted():
                await book.unmuted(facts)
            case AlertWorsened():
                await book.worsened(facts, muted_by=told.muted_by)
            case AlertAcknowledged():
                await book.acknowledged(facts.alert_id)
            case AlertReopened():
                await book.reopened(facts.alert_id)
            case _:
                await book.resolved(facts)


class NoticeBook:
    """Notices of one transaction."""

    def __init__(self, session: AsyncSession, now: datetime, zone: str) -> None:
        self._session = session
        self._now = now
        self._zone = zone

    async def fired(self, alert: AlertFacts, *, muted_by: str = "") -> None:
        """Note an alert on all of its routes; a muted one stands in the ledger with the reason."""
        routes = await load(self._session)
        way = find_way(routes, alert, self._now, self._zone)
        if muted_by:
            await self._suppress(way.routes, alert, muted_by)
            return
        known = await self._threads(alert.alert_id)
        shares = share(way.routes)
        for route in way.routes:
            # A route that would only repeat what earlier ones tell the same channels is left out.
            if shares[route.id] or not route.plan.channels:
                await self._begin(route, alert, known.get(route.id))

    async def unmuted(self, alert: AlertFacts) -> None:
        """Tell of what still fires: also those who had heard of it before it was muted."""
        for route, thread in await self._known(alert.alert_id):
            if thread.state != ThreadState.FIRING:
                continue
            waits_until = await self._session.scalar(
                select(func.min(NotificationNotice.due_at)).where(
                    NotificationNotice.thread_id == thread.id
                )
            )
            if waits_until is None:  # nothing that would say it anyway
                waits_until = await self.note(route, thread, alert, NoticeKind.REPEATED)
            self._remind_from(thread, route, waits_until)
        await self.fired(alert)

    async def worsened(self, alert: AlertFacts, *, muted_by: str = "") -> None:
        """Tell those who know of it, and those to whom the new severity leads; each level once."""
        if muted_by:
            await self.fired(alert, muted_by=muted_by)
            return
        for route, thread in await self._known(alert.alert_id):
            was = AlertFacts.read(thread.alert).severity
            thread.state, thread.changed_at = ThreadState.FIRING, self._now
            due = self._now
            if was != alert.severity:
                thread.alert = alert.stored()
                due = await self.note(route, thread, alert, NoticeKind.FIRED)
            self._remind_from(thread, route, due)
        await self.fired(alert)

    async def reopened(self, alert_id: uuid.UUID) -> None:
        """Remind again: who had taken it on has given it back."""
        for route, thread in await self._known(alert_id):
            if thread.state == ThreadState.ACKNOWLEDGED:
                thread.state, thread.changed_at = ThreadState.FIRING, self._now
                self._remind_from(thread, route, self._now)

    async def _begin(
        self, route: Route, alert: AlertFacts, thread: NotificationThread | None
    ) -> None:
        if thread is not None and thread.state != ThreadState.RESOLVED:
            return  # told already
        is_new = thread is None
        if thread is None:
            thread = NotificationThread(
                id=uuid7(),
                alert_id=alert.alert_id,
                route_id=route.id,
                resource_id=alert.resource_id,
                group_key=group_key(route.plan, alert),
            )
            self._session.add(thread)
        thread.state, thread.alert, thread.changed_at = (
            ThreadState.FIRING,
            alert.stored(),
            self._now,
        )
        if is_new:
            await self._session.flush()  # the notice points at it
        due = await self.note(route, thread, alert, NoticeKind.FIRED)
        self._remind_from(thread, route, due)

    def _remind_from(self, thread: NotificationThread, route: Route, due: datetime) -> None:
        """Set when to say it again, and when to bring in others, if nobody acknowledges."""
        minutes = route.plan.escalate_after_minutes
        thread.escalate_at = self._now + timedelta(minutes=minutes) if minutes else None
        minutes = route.plan.repeat_minutes if route.plan.digest is Digest.OFF else 0
        thread.repeat_at = due + timedelta(minutes=minutes) if minutes else None

    async def acknowledged(self, alert_id: uuid.UUID) -> None:
        """Stop repeating and escalating."""
        for thread in (await self._threads(alert_id)).values():
            if thread.state == ThreadState.FIRING:
                thread.state, thread.changed_at = ThreadState.ACKNOWLEDGED, self._now
                thread.repeat_at = thread.escalate_at = None

    async def resolved(self, alert: AlertFacts) -> None:
        """Note the end, on the routes that the beginning took, muted by now or not."""
        routes = flat(await load(self._session))
        for route_id, thread in (await self._threads(alert.alert_id)).items():
            if thread.state == ThreadState.RESOLVED:
                continue
            thread.state, thread.changed_at = ThreadState.RESOLVED, self._now
            thread.repeat_at = thread.escalate_at = None
            route = routes.get(route_id)
            if route is not None and route.plan.sends_resolved:
                await self.note(route, thread, alert, NoticeKind.RESOLVED)

    async def note(
        self, route: Route, thread: NotificationThread, alert: AlertFacts, kind: NoticeKind
    ) -> datetime:
        """Write a notice; return when it is due."""
        order = order_key(route.id, thread.group_key)
        last_told = await self._session.scalar(
            select(func.max(NotificationDelivery.made_at)).where(
                NotificationDelivery.order_key == order
            )
        )
        due = when(route.plan, alert, kind, self._now, last_told, self._zone)
        self._session.add(
            NotificationNotice(
                id=uuid7(),
                thread_id=thread.id,
                route_id=route.id,
                resource_id=thread.resource_id,
                group_key=thread.group_key,
                kind=kind,
                alert=alert.stored(),
                made_at=self._now,
                due_at=due.at,
                waits_for=due.waits_for,
            )
        )
        return due.at

    async def _known(self, alert_id: uuid.UUID) -> list[tuple[Route, NotificationThread]]:
        """Return the routes on which an alert was told and is not over."""
        routes = flat(await load(self._session))
        return [
            (routes[route_id], thread)
            for route_id, thread in (await self._threads(alert_id)).items()
            if route_id in routes and thread.state != ThreadState.RESOLVED
        ]

    async def _threads(self, alert_id: uuid.UUID) -> dict[uuid.UUID, NotificationThread]:
        rows = await self._session.scalars(
            select(NotificationThread).where(NotificationThread.alert_id == alert_id)
        )
        return {row.route_id: row for row in rows}

    async def _suppress(self, routes: Sequence[Route], alert: AlertFacts, reason: str) -> None:
        told: set[uuid.UUID] = set()
        notification_id = uuid7()
        for route in routes:
            for channel_id in route.plan.channels:
                channel = await self._session.get(NotificationChannel, channel_id)
                if channel is None or channel_id in told:
                    continue
                told.add(channel_id)
                item = wording.Item(NoticeKind.FIRED, alert)
                words = wording.plain(DeliveryKind.FIRED, [item], "")
                row = new_delivery(channel, self._now, DeliveryKind.FIRED, words)
                row.notification_id, row.route_id = notification_id, route.id
                row.order_key = order_key(route.id, group_key(route.plan, alert))
                row.severity, row.resource_id = alert.severity, alert.resource_id
                row.state, row.ended_at = DeliveryState.SUPPRESSED, self._now
                row.reason = f"It is muted: {reason}"[:500]
                self._session.add(row)
                await self._session.flush()
                self._session.add(
                    NotificationDeliveryAlert(
                        id=uuid7(), delivery_id=row.id, alert_id=alert.alert_id, kind="muted"
                    )
                )


def order_key(route_id: uuid.UUID, group: str) -> str:
    """Return what keeps the messages of a group in order."""
    return f"{route_id}:{group}"


def new_delivery(
    channel: NotificationChannel, now: datetime, kind: DeliveryKind, words: wording.Words
) -> NotificationDelivery:
    """Return a row of the ledger that waits to be sent."""
    made = uuid7()
    return NotificationDelivery(
        id=made,
        notification_id=made,
        channel_id=channel.id,
        channel_name=channel.name,
        order_key=f"one:{made}",
        kind=kind,
        severity="info",
        title=words.title,
        text=words.text,
        html=words.html,
        body=words.body,
        document={},
        state=DeliveryState.WAITING,
        reason="",
        attempts=0,
        made_at=now,
        retried_at=now,
        next_try_at=now,
        fence=0,
    )
