"""Makes messages of notices: groups, digests, repetitions, escalations and fallbacks."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    DeliveryKind,
    DeliveryState,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.models.core.notification_template import NotificationTemplate
from app.models.core.notification_thread import (
    NoticeKind,
    NotificationNotice,
    NotificationThread,
    ThreadState,
)
from app.schemas.core.notification_route import Digest
from app.services.core.notifications import wording
from app.services.core.notifications.facts import AlertFacts
from app.services.core.notifications.hearing import NoticeBook, new_delivery, order_key
from app.services.core.notifications.tree import Route, flat, load, share
from app.services.core.notifications.wording import Item

AT_ONCE = 200  # notices that one transaction takes
_BEGINNINGS = (NoticeKind.FIRED.value, NoticeKind.REPEATED.value, NoticeKind.ESCALATED.value)
_NEVER = (DeliveryState.DEAD, DeliveryState.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class _Group:
    route: Route
    key: str
    notices: Sequence[NotificationNotice]
    routes: Mapping[uuid.UUID, Route]  # all that there are, in their order


class Composer:
    """Takes the notices that are due and writes messages into the ledger, in one transaction."""

    def __init__(self, database: Database, clock: Clock, *, link: str, zone: str) -> None:
        self._database = database
        self._clock = clock
        self._link = link
        self._zone = zone

    async def compose(self) -> int:
        """Write what is due; return how many messages there are."""
        made = 0
        while True:
            async with self._database.transaction() as session:
                now = self._clock.now()
                await _remind(session, now, self._zone)
                count, is_done = await self._write_due(session, now)
            made += count
            if is_done:
                return made

    async def _write_due(self, session: AsyncSession, now: datetime) -> tuple[int, bool]:
        routes = flat(await load(session))
        notices = await _due(session, now)
        groups: dict[tuple[uuid.UUID, str], list[NotificationNotice]] = {}
        for notice in notices:
            groups.setdefault((notice.route_id, notice.group_key), []).append(notice)
        made = 0
        for (route_id, key), members in groups.items():
            if route := routes.get(route_id):
                made += await self._write(session, _Group(route, key, members, routes), now)
        await session.flush()
        if notices:
            await session.execute(
                delete(NotificationNotice).where(
                    NotificationNotice.id.in_([notice.id for notice in notices])
                )
            )
        return made, len(notices) < AT_ONCE

    async def _write(self, session: AsyncSession, group: _Group, now: datetime) -> int:
        notification_id, made = uuid7(), 0
        for channel_id, notices in (await _by_channel(session, group)).items():
            channel = await session.get(NotificationChannel, channel_id)
            if channel is None:
                continue
            items = _items(notices)
            row = await self._worded(session, channel, group, items, now)
            row.notification_id = notification_id
            if not channel.is_enabled:
                row.state, row.ended_at = DeliveryState.SUPPRESSED, now
                row.reason = "The channel is switched off."
            session.add(row)
            # Rows that point at it need it first: the unit of work knows no relationships.
            await session.flush()
            session.add_all(_told(row.id, items))
            made += 1
        return made

    async def _worded(
        self,
        session: AsyncSession,
        channel: NotificationChannel,
        group: _Group,
        items: Sequence[Item],
        now: datetime,
    ) -> NotificationDelivery:
        kind = _kind(group.route, items)
        words = wording.plain(kind, items, self._link)
        template = (
            None
            if channel.template_id is None
            else await session.get(NotificationTemplate, channel.template_id)
        )
        if template is not None:
            parts = {
                "title": template.title,
                "text": template.text,
                "html": template.html,
                "body": template.body,
            }
            words = await asyncio.to_thread(wording.worded, parts, words, kind, items, self._link)
            channel.template_error = "; ".join(words.errors)[:500]
        row = new_delivery(channel, now, kind, words)
        row.route_id = group.route.id
        row.order_key = order_key(group.route.id, group.key)
        row.severity = wording.worst_of(items)
        row.resource_id = _place(items)
        row.document = wording.document(kind, words, items, now, self._link)
        return row


async def _due(session: AsyncSession, now: datetime) -> Sequence[NotificationNotice]:
    """Return what is due, with what waits in the same groups; locked against other workers."""
    other = aliased(NotificationNotice)
    rows = await session.scalars(
        select(NotificationNotice)
        .where(
            or_(
                NotificationNotice.due_at <= now,
                (NotificationNotice.waits_for == "group")
                & exists().where(
                    other.route_id == NotificationNotice.route_id,
                    other.group_key == NotificationNotice.group_key,
                    other.due_at <= now,
                ),
            )
        )
        .order_by(NotificationNotice.made_at, NotificationNotice.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return rows.all()


async def _by_channel(
    session: AsyncSession, group: _Group
) -> dict[uuid.UUID, list[NotificationNotice]]:
    """Return who is to hear which notice: the end goes to those who heard the beginning."""
    found: dict[uuid.UUID, list[NotificationNotice]] = {}
    threads = {
        row.id: row
        for row in await session.scalars(
            select(NotificationThread).where(
                NotificationThread.id.in_({notice.thread_id for notice in group.notices})
            )
        )
    }
    own = await _own_channels(session, group, threads.values())
    fresh = {one.thread_id for one in group.notices if one.kind == NoticeKind.FIRED}
    for notice in group.notices:
        its_own = own[threads[notice.thread_id].alert_id]
        match notice.kind:
            case NoticeKind.ESCALATED:
                channels: Sequence[uuid.UUID] = group.route.plan.escalate_to
            case NoticeKind.RESOLVED:
                channels = await _heard(session, threads[notice.thread_id])
                if notice.thread_id in fresh:
                    channels = list(dict.fromkeys([*its_own, *channels]))
            case _:
                channels = its_own
        for channel_id in channels:
            found.setdefault(channel_id, []).append(notice)
    return found


async def _own_channels(
    session: AsyncSession, group: _Group, threads: Iterable[NotificationThread]
) -> Mapping[uuid.UUID, Sequence[uuid.UUID]]:
    """Return for each alert the channels that no earlier route of it tells."""
    alerts = {thread.alert_id for thread in threads}
    taken: dict[uuid.UUID, set[uuid.UUID]] = {alert_id: set() for alert_id in alerts}
    for alert_id, route_id in await session.execute(
        select(NotificationThread.alert_id, NotificationThread.route_id).where(
            NotificationThread.alert_id.in_(alerts)
        )
    ):
        taken[alert_id].add(route_id)
    return {
        alert_id: share([one for one in group.routes.values() if one.id in taken[alert_id]])[
            group.route.id
        ]
        for alert_id in alerts
    }


async def _heard(session: AsyncSession, thread: NotificationThread) -> Sequence[uuid.UUID]:
    """Return the channels that the beginning reached, or is still on its way to."""
    rows = await session.scalars(
        select(NotificationDelivery.channel_id)
        .join(
            NotificationDeliveryAlert,
            NotificationDeliveryAlert.delivery_id == NotificationDelivery.id,
        )
        .where(
            NotificationDeliveryAlert.alert_id == thread.alert_id,
            NotificationDeliveryAlert.kind.in_(_BEGINNINGS),
            NotificationDelivery.route_id == thread.route_id,
            NotificationDelivery.state.not_in(_NEVER),
            NotificationDelivery.channel_id.is_not(None),
        )
        .distinct()
    )
    return [one for one in rows if one is not None]


def _items(notices: Sequence[NotificationNotice]) -> list[Item]:
    """Return one line for each alert: the last thing that happened to it."""
    last: dict[uuid.UUID, Item] = {}
    for notice in notices:
        alert = AlertFacts.read(notice.alert)
        before = last.pop(alert.alert_id, None)
        also_fired = before is not None and (not before.is_over or before.also_fired)
        last[alert.alert_id] = Item(NoticeKind(notice.kind), alert, also_fired)
    return list(last.values())


def _told(delivery_id: uuid.UUID, items: Sequence[Item]) -> list[NotificationDeliveryAlert]:
    return [
        NotificationDeliveryAlert(
            id=uuid7(), delivery_id=delivery_id, alert_id=item.alert.alert_id, kind=kind
        )
        for item in items
        for kind in dict.fromkeys(
            [*([NoticeKind.FIRED.value] if item.also_fired else []), item.kind.value]
        )
    ]


def _kind(route: Route, items: Sequence[Item]) -> DeliveryKind:
    kinds = {item.kind for item in items}
    if NoticeKind.ESCALATED in kinds:
        return DeliveryKind.ESCALATED
    if route.plan.digest is not Digest.OFF:
        return DeliveryKind.DIGEST
    for kind in (NoticeKind.FIRED, NoticeKind.REPEATED):
        if kind in kinds:
            return DeliveryKind(kind.value)
    return DeliveryKind.RESOLVED


def _place(items: Sequence[Item]) -> uuid.UUID | None:
    """Return what the message is about, for those who may see some servers only."""
    resources = {item.alert.resource_id for item in items}
    if len(resources) == 1:
        return resources.pop()
    servers = {item.alert.server_id for item in items}
    return servers.pop() if len(servers) == 1 else None


async def _remind(session: AsyncSession, now: datetime, zone: str) -> None:
    """Note what is to be repeated and escalated."""
    threads = (
        await session.scalars(
            select(NotificationThread)
            .where(
                NotificationThread.state == ThreadState.FIRING,
                or_(NotificationThread.repeat_at <= now, NotificationThread.escalate_at <= now),
            )
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not threads:
        return
    muted = set(
        await session.scalars(
            select(Alert.id).where(
                Alert.id.in_({thread.alert_id for thread in threads}), Alert.muted_by != ""
            )
        )
    )
    routes: Mapping[uuid.UUID, Route] = flat(await load(session))
    book = NoticeBook(session, now, zone)
    for thread in threads:
        route = routes.get(thread.route_id)
        alert = AlertFacts.read(thread.alert)
        if thread.alert_id in muted:
            # Whoever silenced it wants no reminder; its end begins the times anew.
            thread.repeat_at = thread.escalate_at = None
            continue
        if thread.escalate_at is not None and thread.escalate_at <= now:
            thread.escalate_at = None
            if route is not None:
                await book.note(route, thread, alert, NoticeKind.ESCALATED)
        if thread.repeat_at is not None and thread.repeat_at <= now:
            minutes = 0 if route is None else route.plan.repeat_minutes
            thread.repeat_at = now + timedelta(minutes=minutes) if minutes else None
            if route is not None and minutes:
                await book.note(route, thread, alert, NoticeKind.REPEATED)
