"""The ledger as people see it: what was sent, what failed, and the button that tries again."""

import uuid
from datetime import timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.addresses import web_parts
from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.errors import Conflict, InvalidInput, NotFound
from app.kernel.ids import uuid7
from app.models.core.heartbeat import DeadMansSwitch, Heartbeat
from app.models.core.notification_delivery import (
    OPEN,
    DeliveryState,
    NotificationAttempt,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.models.core.notification_route import NotificationRoute
from app.models.core.notification_thread import NotificationThread, ThreadState
from app.schemas.base import Page
from app.schemas.core.notification_ledger import (
    AttemptRead,
    DeadMansSwitchRead,
    DeadMansSwitchWrite,
    DeliveryDetail,
    DeliveryQuery,
    DeliveryRead,
    HeartbeatRead,
    NotificationHealth,
    ToldAlert,
)
from app.schemas.core.notification_route import RoutePlan
from app.services.core.audit import AuditLog
from app.services.core.events import SettingsChanged
from app.services.core.notifications.forms import refuse
from app.services.core.notifications.heartbeats import is_alive, switch_ref
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, P
from app.services.core.queries import contains, sorted_by

_COLUMNS = {
    "made_at": NotificationDelivery.made_at,
    "ended_at": NotificationDelivery.ended_at,
    "state": NotificationDelivery.state,
    "channel_name": NotificationDelivery.channel_name,
    "title": NotificationDelivery.title,
    "severity": NotificationDelivery.severity,
}


class DeliveryNotFound(NotFound):
    """No delivery of this id, or the ledger has dropped it."""


class DeliveryNotDead(Conflict):
    """Only a dead letter is tried again by hand."""


class HeartbeatNotValid(InvalidInput):
    """The address of the outgoing heartbeat is missing."""


class Ledger:
    """Deliveries, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def page(self, actor: Actor, query: DeliveryQuery) -> Page[DeliveryRead]:
        """Return a page, the newest first unless asked otherwise."""
        wanted = select(NotificationDelivery)
        if query.state is not None:
            wanted = wanted.where(NotificationDelivery.state == query.state)
        if query.channel_id is not None:
            wanted = wanted.where(NotificationDelivery.channel_id == query.channel_id)
        if query.alert_id is not None:
            told = select(NotificationDeliveryAlert.delivery_id).where(
                NotificationDeliveryAlert.alert_id == query.alert_id
            )
            wanted = wanted.where(NotificationDelivery.id.in_(told))
        if query.q:
            wanted = wanted.where(contains(NotificationDelivery.title, query.q))
        order = sorted_by(query.sort or "-made_at", _COLUMNS, NotificationDelivery.id)
        rows = (
            await self._session.scalars(
                wanted.order_by(*order).offset(query.offset).limit(query.per_page)
            )
        ).all()
        answers = await self._answers([row.id for row in rows]) if _may_see(actor) else {}
        return Page[DeliveryRead](
            items=[_read(row, answers.get(row.id, ""), actor) for row in rows],
            total=await self._count(wanted),
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, actor: Actor, delivery_id: uuid.UUID) -> DeliveryDetail:
        """Return one delivery with its attempts."""
        row = await self._row(delivery_id)
        tries = await self._session.scalars(
            select(NotificationAttempt)
            .where(NotificationAttempt.delivery_id == delivery_id)
            .order_by(NotificationAttempt.number)
        )
        alerts = await self._session.execute(
            select(NotificationDeliveryAlert.alert_id, NotificationDeliveryAlert.kind).where(
                NotificationDeliveryAlert.delivery_id == delivery_id
            )
        )
        shown = [
            AttemptRead(
                number=one.number,
                state=one.state,
                began_at=one.began_at,
                ended_at=one.ended_at,
                answer=one.answer if _may_see(actor) else "",
            )
            for one in tries
        ]
        return DeliveryDetail(
            **_read(row, shown[-1].answer if shown else "", actor).model_dump(),
            text=row.text,
            alerts=[ToldAlert(alert_id=alert, kind=kind) for alert, kind in alerts],
            tries=shown,
        )

    async def retry(self, delivery_id: uuid.UUID) -> NotificationDelivery:
        """Put a dead letter back; its id, and so its key, stays the same."""
        row = await self._row(delivery_id)
        if row.state != DeliveryState.DEAD:
            raise DeliveryNotDead(
                f"This delivery is {row.state}, not dead.", fix="Unity tries it by itself."
            )
        if row.channel_id is None:
            raise DeliveryNotDead(
                f"The channel {row.channel_name} is gone.", fix="Nobody can be told any more."
            )
        now = self._clock.now()
        row.state, row.reason, row.ended_at = DeliveryState.WAITING, "", None
        row.next_try_at = row.retried_at = now
        row.fell_back_at = row.fell_back_at or now
        await self._session.flush()
        return row

    async def forget_old(self, length: timedelta) -> int:
        """Drop what ended long ago; return how many deliveries."""
        before = self._clock.now() - length
        old = select(NotificationDelivery.id).where(
            NotificationDelivery.made_at < before, NotificationDelivery.state.not_in(OPEN)
        )
        count = await self._count(
            select(NotificationDelivery).where(NotificationDelivery.id.in_(old))
        )
        await self._session.execute(
            delete(NotificationDelivery).where(NotificationDelivery.id.in_(old))
        )
        await self._session.execute(
            delete(NotificationThread).where(
                NotificationThread.changed_at < before,
                NotificationThread.state == ThreadState.RESOLVED,
            )
        )
        return count

    async def _answers(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
        rows = await self._session.execute(
            select(NotificationAttempt.delivery_id, NotificationAttempt.answer)
            .where(NotificationAttempt.delivery_id.in_(ids))
            .order_by(NotificationAttempt.number)
        )
        return {row.delivery_id: row.answer for row in rows}  # the last one stays

    async def _row(self, delivery_id: uuid.UUID) -> NotificationDelivery:
        row = await self._session.get(NotificationDelivery, delivery_id)
        if row is None:
            raise DeliveryNotFound("There is no delivery with this id.")
        return row

    async def _count(self, wanted: Select[NotificationDelivery]) -> int:
        statement = select(func.count()).select_from(wanted.subquery())
        return await self._session.scalar(statement) or 0


def _may_see(actor: Actor) -> bool:
    return actor.may(P.NOTIFICATIONS_MANAGE)


def _read(row: NotificationDelivery, answer: str, actor: Actor) -> DeliveryRead:
    is_open = row.state in OPEN
    # What receivers say may name their address; who only sees alerts learns that it failed.
    is_told = _may_see(actor) or row.state != DeliveryState.DEAD
    return DeliveryRead(
        id=row.id,
        notification_id=row.notification_id,
        channel_id=row.channel_id,
        channel_name=row.channel_name,
        route_id=row.route_id,
        kind=row.kind,
        severity=row.severity,
        title=row.title,
        state=row.state,
        reason=row.reason if is_told else "It could not be delivered.",
        attempts=row.attempts,
        made_at=row.made_at,
        next_try_at=row.next_try_at if is_open else None,
        ended_at=row.ended_at,
        is_fallback=row.fallback_of is not None,
        answer=answer,
    )


class SignsOfLife:
    """Heartbeats and the outgoing one, as people see and set them."""

    def __init__(self, session: AsyncSession, clock: Clock, vault: Vault, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit

    async def health(self) -> NotificationHealth:
        """Return whether notifications work at all."""
        now = self._clock.now()
        beats = await self._session.scalars(select(Heartbeat).order_by(Heartbeat.name))
        routes = await self._session.scalars(
            select(NotificationRoute).where(NotificationRoute.is_enabled.is_(True))
        )
        has_route = any(RoutePlan.model_validate(one.plan or {}).channels for one in routes)
        return NotificationHealth(
            heartbeats=[
                HeartbeatRead(
                    name=one.name,
                    beat_at=one.beat_at,
                    every_seconds=one.every_seconds,
                    is_silent=not is_alive(one, now),
                )
                for one in beats
            ],
            dead_mans_switch=await self.switch(),
            waiting=await self._count(*OPEN),
            dead=await self._count(DeliveryState.DEAD),
            has_route=has_route,
        )

    async def switch(self) -> DeadMansSwitchRead:
        """Return what may be shown of the outgoing heartbeat."""
        row = await self._row()
        return DeadMansSwitchRead(
            is_set=row is not None,
            url_hint=row.url_hint if row else "",
            every_minutes=row.every_seconds // 60 if row else 5,
            is_enabled=row.is_enabled if row else False,
            last_ok_at=row.last_ok_at if row else None,
            last_error=row.last_error if row else "",
        )

    async def set_switch(self, actor: Actor, wish: DeadMansSwitchWrite) -> DeadMansSwitchRead:
        """Set the outgoing heartbeat."""
        row, now = await self._row(), self._clock.now()
        if row is None:
            if wish.url is None:
                raise HeartbeatNotValid("The address is missing.", fix="Enter the one to ask.")
            row = DeadMansSwitch(id=uuid7(), version=0, last_error="")
            self._session.add(row)
        if wish.url is not None:
            url = wish.url.get_secret_value()
            row.url_hint = _hint(url)
            row.version += 1
            row.url = self._vault.seal(url, switch_ref(row.id, row.version))
        row.every_seconds, row.is_enabled = 60 * wish.every_minutes, wish.is_enabled
        row.updated_at = row.next_at = now
        await self._session.flush()
        self._announce(actor, row)
        await self._audit.record(
            actor,
            "dead_mans_switch.set",
            kind="dead_mans_switch",
            object_id=row.id,
            name=row.url_hint,
            details={"every_minutes": wish.every_minutes, "is_enabled": wish.is_enabled},
        )
        return await self.switch()

    async def remove_switch(self, actor: Actor) -> None:
        """Forget the outgoing heartbeat."""
        row = await self._row()
        if row is None:
            return
        await self._session.delete(row)
        await self._session.flush()
        self._announce(actor, row)
        await self._audit.record(
            actor,
            "dead_mans_switch.removed",
            kind="dead_mans_switch",
            object_id=row.id,
            name=row.url_hint,
        )

    def _announce(self, actor: Actor, row: DeadMansSwitch) -> None:
        told = SettingsChanged(object_id=row.id, object_name="The outgoing heartbeat")
        Outbox(self._session, self._clock).announce(actor, told)

    async def _row(self) -> DeadMansSwitch | None:
        return await self._session.scalar(select(DeadMansSwitch).limit(1))

    async def _count(self, *states: DeliveryState) -> int:
        return (
            await self._session.scalar(
                select(func.count()).where(NotificationDelivery.state.in_(states))
            )
            or 0
        )


def _hint(url: str) -> str:
    parts = web_parts(url)
    if parts is None:
        refuse([("url", "Enter an address such as https://hc-ping.com/….")])
    return f"{parts.scheme}://{parts.hostname}/…"[:300]
