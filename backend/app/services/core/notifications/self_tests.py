"""Test messages: one at once for a person who waits, and one a week through the ledger."""

import time
import uuid
from datetime import timedelta

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import CannotOpen, Vault
from app.kernel.database import Database
from app.kernel.errors import UnityError
from app.kernel.ids import uuid7
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    AttemptState,
    DeliveryKind,
    DeliveryState,
    NotificationAttempt,
    NotificationDelivery,
)
from app.ports.notifier import NotDelivered, Notifier
from app.schemas.core.notification_channel import ChannelTest
from app.services.core.notifications.channels import SELF_TEST_EVERY, ChannelNotFound, open_channel
from app.services.core.notifications.delivering import message_of
from app.services.core.notifications.hearing import new_delivery
from app.services.core.notifications.wording import Words

_TITLE = "A test from Unity"
_TEXT = "Notifications of Unity arrive here."
_WEEKLY = "The weekly test of Unity's notifications. Nothing is wrong; it proves that they arrive."


class SelfTests:
    """Sends tests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def queue_due(self) -> int:
        """Put the weekly tests that are due into the ledger; return how many."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            channels = (
                await session.scalars(
                    select(NotificationChannel)
                    .where(
                        NotificationChannel.is_enabled.is_(True),
                        NotificationChannel.next_self_test_at <= now,
                    )
                    .with_for_update(skip_locked=True)
                )
            ).all()
            for channel in channels:
                channel.last_self_test_at = now
                channel.next_self_test_at = now + SELF_TEST_EVERY
                words = Words("Weekly test of Unity", _WEEKLY)
                row = new_delivery(channel, now, DeliveryKind.SELF_TEST, words)
                row.document = {"event": "self_test", "title": words.title, "text": words.text}
                session.add(row)
        return len(channels)

    async def send_now(
        self, vault: Vault, notifier: Notifier, channel_id: uuid.UUID
    ) -> ChannelTest:
        """Really send a test, outside of any transaction, and say what the receiver said."""
        async with self._database.snapshot() as session:
            channel = await session.get(NotificationChannel, channel_id)
        if channel is None:
            raise ChannelNotFound("There is no channel with this id.")
        row = new_delivery(channel, self._clock.now(), DeliveryKind.TEST, Words(_TITLE, _TEXT))
        row.document = {"event": "test", "title": _TITLE, "text": _TEXT}
        began = time.monotonic()
        has_arrived = True
        try:
            receipt = await notifier.send(open_channel(vault, channel), message_of(row))
            detail = receipt.detail
        except NotDelivered as error:
            has_arrived, detail = False, error.detail
        except (CannotOpen, UnityError) as error:
            has_arrived, detail = False, f"The channel cannot be opened: {error}."
        took = 1000 * (time.monotonic() - began)
        await self._keep(row, has_arrived=has_arrived, detail=detail, took=took)
        return ChannelTest(has_arrived=has_arrived, detail=detail, milliseconds=int(took))

    async def _keep(
        self, row: NotificationDelivery, *, has_arrived: bool, detail: str, took: float
    ) -> None:
        """Note the test in the ledger, and a success in the channel's health."""
        now = self._clock.now()
        row.state = DeliveryState.DELIVERED if has_arrived else DeliveryState.DEAD
        row.reason, row.attempts, row.ended_at = "" if has_arrived else detail[:500], 1, now
        async with self._database.transaction() as session:
            channel = await session.get(NotificationChannel, row.channel_id)
            if channel is None:
                return
            session.add(row)
            await session.flush()
            session.add(
                NotificationAttempt(
                    id=uuid7(),
                    delivery_id=row.id,
                    number=1,
                    state=AttemptState.DELIVERED if has_arrived else AttemptState.FAILED,
                    worker="test",
                    began_at=now - timedelta(milliseconds=took),
                    ended_at=now,
                    answer=detail[:500],
                )
            )
            if has_arrived:
                channel.failures, channel.failing_since, channel.last_error = 0, None, ""
                channel.last_ok_at = now
            else:
                channel.last_error = detail[:500]
