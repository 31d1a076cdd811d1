"""Which messages a worker may send now: due, in order, under a lease; and what came of them."""

import random
import uuid
from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt with what came of it."""

    claimed: Claimed
    outcome: Outcome


class Claims:
    """The ledger in one transaction, as a sending worker uses it."""

    def __init__(
        self, session: AsyncSession, now: datetime, settings: NotificationsPart, worker: str
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._worker = worker

    async def take(
        self, count: int, tried: set[uuid.UUID], *, besides: Collection[uuid.UUID] = ()
    ) -> list[Claimed]:
        """Claim what is due, in order, and note the attempts.

        `tried` holds the channels of this round: one that fails gets one message a round.
        `besides` holds what the caller has in work, whatever its lease says.
        """
        taken: list[Claimed] = []
        for delivery, channel in await self._due(4 * count + len(besides)):
            if len(taken) == count:
                break
            if delivery.id in besides:
                continue
            if channel.failures >= _SHAKY and channel.id in tried:
                continue
            if await self._is_unheard(delivery):
                why = "Its beginning never arrived here."
                end(delivery, self._now, DeliveryState.SUPPRESSED, why)
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
            .with_for_update(of=NotificationDelivery, skip_locked=True)
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

    async def renew(self, held: Sequence[Claimed]) -> None:
        """Prolong the leases of what is still being sent under its own claim."""
        until = self._now + timedelta(seconds=self._settings.lease_seconds)
        for one in sorted(held, key=lambda one: one.delivery.id):
            await self._session.execute(
                update(NotificationDelivery)
                .where(
                    NotificationDelivery.id == one.delivery.id,
                    NotificationDelivery.fence == one.fence,
                    NotificationDelivery.state == DeliveryState.SENDING,
                )
                .values(lease_until=until)
                .execution_options(synchronize_session=False)
            )

    async def note(self, ended: Sequence[Ended]) -> list[uuid.UUID]:
        """Note what came of attempts; return the deliveries that another worker has by now.

        It may be called again with the same, when nobody knows whether the commit came through.
        """
        channels: dict[uuid.UUID, NotificationChannel | None] = {}
        # Always in the same order, and the channel first: so two workers never wait for each other.
        for channel_id in sorted({one.claimed.channel.id for one in ended}):
            channels[channel_id] = await self._session.get(
                NotificationChannel, channel_id, with_for_update={"key_share": True}
            )
        return [
            one.claimed.delivery.id
            for one in sorted(ended, key=lambda one: one.claimed.delivery.id)
            if not await self._note(one.claimed, one.outcome, channels)
        ]

    async def _note(
        self,
        claimed: Claimed,
        outcome: Outcome,
        channels: Mapping[uuid.UUID, NotificationChannel | None],
    ) -> bool:
        delivery = await self._session.get(
            NotificationDelivery, claimed.delivery.id, with_for_update=True
        )
        attempt = await self._session.get(NotificationAttempt, claimed.attempt_id)
        if attempt is not None and attempt.state == AttemptState.RUNNING:
            has_failed = outcome.failure is not None
            attempt.state = AttemptState.FAILED if has_failed else AttemptState.DELIVERED
            attempt.ended_at, attempt.answer = self._now, outcome.answer[:500]
        if delivery is None or delivery.fence != claimed.fence:
            return False
        if delivery.state != DeliveryState.SENDING:
            return True  # noted already, by a commit that seemed to fail
        if outcome.failure is None:
            end(delivery, self._now, DeliveryState.DELIVERED)
        else:
            self._fail(delivery, claimed.channel.give_up_after_seconds, outcome.failure)
        channel = channels[claimed.channel.id]
        if channel is not None:
            await self._session.flush()
            await self._note_health(channel, outcome)
        return True

    def _fail(self, delivery: NotificationDelivery, patience: int, failure: NotDelivered) -> None:
        first = timedelta(seconds=self._settings.first_retry_seconds)
        wait = min(first * 2 ** min(delivery.attempts - 1, 20), LONGEST_RETRY)
        # Jitter, so that messages that failed together do not come back together.
        wait *= random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        wait = max(wait, failure.retry_after or wait)
        latest = delivery.retried_at + timedelta(seconds=patience)
        delivery.lease_until = None
        has_refused = failure.is_final and delivery.attempts >= MOST_REFUSALS
        if has_refused or self._now >= latest:
            end(delivery, self._now, DeliveryState.DEAD, failure.detail)
        else:
            delivery.state = DeliveryState.RETRYING
            delivery.next_try_at = min(self._now + wait, max(latest, self._now))

    async def _note_health(self, channel: NotificationChannel, outcome: Outcome) -> None:
        if outcome.failure is not None:
            channel.failures += 1
            channel.failing_since = channel.failing_since or self._now
            channel.last_error = outcome.failure.detail[:500]
            return
        if channel.failures:
            await self._wake(channel)
        weight = 1 / min(channel.sent + 1, 20)
        channel.mean_ms += weight * (outcome.milliseconds - channel.mean_ms)
        channel.sent += 1
        channel.failures, channel.failing_since, channel.last_error = 0, None, ""
        channel.last_ok_at = self._now

    async def _wake(self, channel: NotificationChannel) -> None:
        """Let what waits for a channel that works again not wait out its own pause.

        That pause has doubled with each failure, so it may be an hour. After a failure or two it
        may have been the message and not the channel: then it waits a little.
        """
        is_back = channel.failures >= _SHAKY
        soon = timedelta(seconds=0 if is_back else 6 * self._settings.first_retry_seconds)
        await self._session.execute(
            update(NotificationDelivery)
            .where(
                NotificationDelivery.channel_id == channel.id,
                NotificationDelivery.state == DeliveryState.RETRYING,
                NotificationDelivery.next_try_at > self._now + soon,
            )
            .values(next_try_at=self._now + soon)
        )


def end(delivery: NotificationDelivery, now: datetime, state: DeliveryState, why: str = "") -> None:
    """Close a delivery for good, or until a person puts it back."""
    delivery.state, delivery.reason = state, why[:500]
    delivery.ended_at, delivery.lease_until = now, None
