"""What waits for too long: given up as a dead letter, or given to the channel behind."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.ids import uuid7
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    DeliveryState,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.services.core.notifications.claiming import end


class Overdue:
    """The ledger in one transaction, as far as nobody could be told yet.

    Rows that another worker has in hand are left to the next round: so nobody waits for anybody.
    """

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._now = now

    async def bury(self) -> int:
        """End what waited for longer than its channel is patient, without an attempt of its own."""
        rows = await self._session.execute(
            select(NotificationDelivery, NotificationChannel)
            .join(NotificationChannel, NotificationChannel.id == NotificationDelivery.channel_id)
            .where(
                NotificationDelivery.state.in_((DeliveryState.WAITING, DeliveryState.RETRYING)),
                NotificationChannel.failures > 0,
                NotificationDelivery.retried_at < self._now - timedelta(minutes=1),
            )
            .with_for_update(of=NotificationDelivery, skip_locked=True)
        )
        count = 0
        for delivery, channel in rows:
            patience = timedelta(seconds=channel.give_up_after_seconds)
            if delivery.retried_at + patience <= self._now:
                end(delivery, self._now, DeliveryState.DEAD, channel.last_error)
                count += 1
        return count

    async def fall_back(self) -> int:
        """Give what a channel has failed to take for too long to the channel behind it."""
        rows = await self._session.execute(
            select(NotificationDelivery, NotificationChannel)
            .join(NotificationChannel, NotificationChannel.id == NotificationDelivery.channel_id)
            .where(
                NotificationChannel.fallback_id.is_not(None),
                NotificationDelivery.state.in_(
                    (DeliveryState.WAITING, DeliveryState.RETRYING, DeliveryState.DEAD)
                ),
                NotificationDelivery.fell_back_at.is_(None),
                NotificationDelivery.fallback_of.is_(None),
                NotificationChannel.failures > 0,
            )
            .limit(200)
            .with_for_update(of=NotificationDelivery, skip_locked=True)
        )
        count = 0
        for delivery, channel in rows:
            waited = timedelta(seconds=channel.fallback_after_seconds)
            since = delivery.first_tried_at or delivery.retried_at
            if delivery.state != DeliveryState.DEAD and since + waited > self._now:
                continue
            count += await self._hand_on(delivery, channel)
        return count

    async def _hand_on(self, delivery: NotificationDelivery, channel: NotificationChannel) -> bool:
        delivery.fell_back_at = self._now
        behind = await self._session.get(NotificationChannel, channel.fallback_id)
        has_it = behind is None or await self._session.scalar(
            select(NotificationDelivery.id).where(
                NotificationDelivery.notification_id == delivery.notification_id,
                NotificationDelivery.channel_id == behind.id,
            )
        )
        if behind is None or has_it or not behind.is_enabled:
            return False  # it is told already, or cannot be
        why = f"({channel.name} does not take messages: {channel.last_error})"
        copy = _copy(delivery, behind, why, self._now)
        self._session.add(copy)
        await self._session.flush()
        told = await self._session.scalars(
            select(NotificationDeliveryAlert).where(
                NotificationDeliveryAlert.delivery_id == delivery.id
            )
        )
        self._session.add_all(
            NotificationDeliveryAlert(
                id=uuid7(), delivery_id=copy.id, alert_id=one.alert_id, kind=one.kind
            )
            for one in told.all()
        )
        return True


def _copy(
    delivery: NotificationDelivery, behind: NotificationChannel, why: str, now: datetime
) -> NotificationDelivery:
    return NotificationDelivery(
        id=uuid7(),
        notification_id=delivery.notification_id,
        channel_id=behind.id,
        channel_name=behind.name,
        route_id=delivery.route_id,
        fallback_of=delivery.id,
        resource_id=delivery.resource_id,
        order_key=delivery.order_key,
        kind=delivery.kind,
        severity=delivery.severity,
        title=delivery.title,
        text=f"{delivery.text}\n\n{why}",
        html=delivery.html,
        body="",
        document=delivery.document,
        state=DeliveryState.WAITING,
        reason="",
        attempts=0,
        made_at=now,
        retried_at=now,
        next_try_at=now,
        fence=0,
    )
