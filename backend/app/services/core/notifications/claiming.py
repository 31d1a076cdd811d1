"""Which messages a worker may send now: due, in order, under a lease; and what came of them."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.config import NotificationsPart
from app.kernel.ids import uuid7
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    OPEN,
    AttemptState,
    DeliveryKind,
    DeliveryState,
    NotificationAttempt,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.ports.notifier import NotDelivered

LONGEST_RETRY = timedelta(hours=1)
MOST_REFUSALS = 5  # a receiver that says no so often means it
_SHAKY = 3  # failures in a row after which one message at a time tries the channel
_INTERRUPTED = (
    "The process that sent it died: it may have arrived. It is sent again under the same id."
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker may send until its lease ends."""

    delivery: NotificationDelivery
    channel: NotificationChannel
    attempt_id: uuid.UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    answer: str
    milliseconds: float
    failure: NotDelivered | None = None


class Claims:
    """The ledger in one transaction, as a sending worker uses it."""

    def __init__(
        self, session: AsyncSession, now: datetime, settings: NotificationsPart, worker: str
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._worker = worker

    async def take(self, count: int, tried: set[uuid.UUID]) -> list[Claimed]:
        """Claim what is due, in order, and note the attempts.

        `tried` holds the channels of this round: one that fails gets one message a round.
        """
        taken: list[Claimed] = []
        for delivery, channel in await self._due(4 * count):
            if len(taken) == count:
                break
            if channel.failures >= _SHAKY and channel.id in tried:
                continue
            if await self._is_unheard(delivery):
                self._end(delivery, DeliveryState.SUPPRESSED, "Its beginning never arrived here.")
                continue
            claimed = await self._claim(delivery, channel)
            if claimed is not None:
                tried.add(channel.id)
                taken.append(claimed)
        return taken

    async def _due(self, most: int) -> Sequence[tuple[NotificationDelivery, NotificationChannel]]:
        earlier = aliased(NotificationDelivery)
        is_due = and_(
            NotificationDelivery.state.in_((DeliveryState.WAITING, DeliveryState.RETRYING)),
            NotificationDelivery.next_try_at <= self._now,
        )
        is_lost = and_(
            NotificationDelivery.state == DeliveryState.SENDING,
            NotificationDelivery.lease_until < self._now,
        )
        rows = await self._session.execute(
            select(NotificationDelivery, NotificationChannel)
            .join(NotificationChannel, NotificationChannel.id == NotificationDelivery.channel_id)
            .where(
                or_(is_due, is_lost),
                NotificationChannel.is_enabled.is_(True),
                ~exists().where(
                    earlier.channel_id == NotificationDelivery.channel_id,
                    earlier.order_key == NotificationDelivery.order_key,
                    earlier.state.in_(OPEN),
                    or_(
                        earlier.made_at < NotificationDelivery.made_at,
                        and_(
                            earlier.made_at == NotificationDelivery.made_at,
                            earlier.id < NotificationDelivery.id,
                        ),
                    ),
                ),
            )
            .order_by(NotificationDelivery.next_try_at, NotificationDelivery.id)
            .limit(most)
        )
        return [(delivery, channel) for delivery, channel in rows]

    async def _is_unheard(self, delivery: NotificationDelivery) -> bool:
        """Tell whether a message is about the end only of what never arrived as begun."""
        if delivery.kind != DeliveryKind.RESOLVED or delivery.fallback_of is not None:
            return False
        alerts = select(NotificationDeliveryAlert.alert_id).where(
            NotificationDeliveryAlert.delivery_id == delivery.id
        )
        own = await self._session.scalar(
            select(NotificationDeliveryAlert.id)
            .where(
                NotificationDeliveryAlert.delivery_id == delivery.id,
                NotificationDeliveryAlert.kind != "resolved",
            )
            .limit(1)
        )
        if own is not None:
            return False
        heard = await self._session.scalar(
            select(NotificationDelivery.id)
            .join(
                NotificationDeliveryAlert,
                NotificationDeliveryAlert.delivery_id == NotificationDelivery.id,
            )
            .where(
                NotificationDeliveryAlert.alert_id.in_(alerts),
                NotificationDeliveryAlert.kind.in_(("fired", "repeated", "escalated")),
                NotificationDelivery.channel_id == delivery.channel_id,
                NotificationDelivery.state == DeliveryState.DELIVERED,
            )
            .limit(1)
        )
        return heard is None

    async def _claim(
        self, delivery: NotificationDelivery, channel: NotificationChannel
    ) -> Claimed | None:
        fence = delivery.fence + 1
        result = await self._session.execute(
            update(NotificationDelivery)
            .where(
                NotificationDelivery.id == delivery.id,
                NotificationDelivery.fence == delivery.fence,
                NotificationDelivery.state == delivery.state,
            )
            .values(
                state=DeliveryState.SENDING,
                fence=fence,
                attempts=delivery.attempts + 1,
                lease_until=self._now + timedelta(seconds=self._settings.lease_seconds),
                first_tried_at=delivery.first_tried_at or self._now,
            )
            .execution_options(synchronize_session=False)
        )
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            return None  # another worker was faster
        await self._session.execute(
            update(NotificationAttempt)
            .where(
                NotificationAttempt.delivery_id == delivery.id,
                NotificationAttempt.state == AttemptState.RUNNING,
            )
            .values(state=AttemptState.INTERRUPTED, ended_at=self._now, answer=_INTERRUPTED)
        )
        attempt = NotificationAttempt(
            id=uuid7(),
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            state=AttemptState.RUNNING,
            worker=self._worker[:120],
            began_at=self._now,
            answer="",
        )
        self._session.add(attempt)
        return Claimed(delivery, channel, attempt.id, fence)

    async def note(self, claimed: Claimed, outcome: Outcome) -> bool:
        """Note what came of an attempt; False when another worker has claimed it meanwhile."""
        delivery = await self._session.get(NotificationDelivery, claimed.delivery.id)
        attempt = await self._session.get(NotificationAttempt, claimed.attempt_id)
        if attempt is not None and attempt.state == AttemptState.RUNNING:
            has_failed = outcome.failure is not None
            attempt.state = AttemptState.FAILED if has_failed else AttemptState.DELIVERED
            attempt.ended_at, attempt.answer = self._now, outcome.answer[:500]
        if delivery is None or delivery.fence != claimed.fence:
            return False
        channel = await self._session.get(NotificationChannel, claimed.channel.id)
        if outcome.failure is None:
            self._end(delivery, DeliveryState.DELIVERED, "")
        else:
            self._fail(delivery, claimed.channel.give_up_after_seconds, outcome.failure)
        if channel is not None:
            await self._note_health(channel, outcome)
        return True

    def _fail(self, delivery: NotificationDelivery, patience: int, failure: NotDelivered) -> None:
        first = timedelta(seconds=self._settings.first_retry_seconds)
        wait = min(first * 2 ** min(delivery.attempts - 1, 20), LONGEST_RETRY)
        # Jitter, so that messages that failed together do not come back together.
        wait *= random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        wait = max(wait, failure.retry_after or wait)
        end = delivery.retried_at + timedelta(seconds=patience)
        delivery.lease_until = None
        has_refused = failure.is_final and delivery.attempts >= MOST_REFUSALS
        if has_refused or self._now >= end:
            self._end(delivery, DeliveryState.DEAD, failure.detail)
        else:
            delivery.state = DeliveryState.RETRYING
            delivery.next_try_at = min(self._now + wait, max(end, self._now))

    def _end(self, delivery: NotificationDelivery, state: DeliveryState, reason: str) -> None:
        delivery.state, delivery.reason = state, reason[:500]
        delivery.ended_at, delivery.lease_until = self._now, None

    async def _note_health(self, channel: NotificationChannel, outcome: Outcome) -> None:
        if outcome.failure is not None:
            channel.failures += 1
            channel.failing_since = channel.failing_since or self._now
            channel.last_error = outcome.failure.detail[:500]
            return
        if channel.failures >= _SHAKY:
            # It works again: what waits for it need not wait out its own pause.
            await self._session.execute(
                update(NotificationDelivery)
                .where(
                    NotificationDelivery.channel_id == channel.id,
                    NotificationDelivery.state == DeliveryState.RETRYING,
                )
                .values(next_try_at=self._now)
            )
        weight = 1 / min(channel.sent + 1, 20)
        channel.mean_ms += weight * (outcome.milliseconds - channel.mean_ms)
        channel.sent += 1
        channel.failures, channel.failing_since, channel.last_error = 0, None, ""
        channel.last_ok_at = self._now

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
        )
        count = 0
        for delivery, channel in rows:
            patience = timedelta(seconds=channel.give_up_after_seconds)
            if delivery.retried_at + patience <= self._now:
                self._end(delivery, DeliveryState.DEAD, channel.last_error)
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
