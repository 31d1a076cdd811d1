"""Sends what the ledger holds: claim, commit, send, commit; at least once, under one key.

A worker that dies between the sending and its note leaves a lease that runs out; the message is
then sent again with the same key, and the attempt that nobody finished stands in the ledger.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from app.kernel.clock import Clock
from app.kernel.config import NotificationsPart
from app.kernel.crypto import CannotOpen, Vault
from app.kernel.database import Database
from app.kernel.errors import UnityError
from app.kernel.logging import get_logger
from app.models.core.notification_delivery import DeliveryKind, NotificationDelivery
from app.ports.live_bus import LiveBus
from app.ports.notifier import Message, NotDelivered, Notifier
from app.services.core.notifications.channels import open_channel
from app.services.core.notifications.claiming import Claimed, Claims, Outcome

AT_ONCE = 16
TOPIC = "notification"
_NOTE_TRIES = 5  # a database that restarts is back within these
log = get_logger(__name__)


class Deliverer:
    """Takes due messages, sends them side by side, and notes what came of each."""

    def __init__(  # noqa: PLR0913 - the parts of one worker, all named at the call
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        notifier: Notifier,
        *,
        live: LiveBus,
        settings: NotificationsPart,
        worker: str,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._notifier = notifier
        self._live = live
        self._settings = settings
        self._worker = worker

    async def deliver(self) -> int:
        """Send all that is due; return how many messages arrived."""
        arrived = 0
        end = time.monotonic() + self._settings.round_seconds
        tried: set[uuid.UUID] = set()
        while time.monotonic() < end:
            claimed = await self._claim(tried)
            if not claimed:
                break
            arrived += await self._send_all(claimed)
            await self._live.publish(TOPIC, {"ids": [str(one.delivery.id) for one in claimed]})
        return arrived

    async def _claim(self, tried: set[uuid.UUID]) -> Sequence[Claimed]:
        async with self._database.transaction() as session:
            claims = Claims(session, self._clock.now(), self._settings, self._worker)
            await claims.bury()
            await claims.fall_back()
            await session.flush()
            return await claims.take(AT_ONCE, tried)

    async def _send_all(self, claimed: Sequence[Claimed]) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._send(one)) for one in claimed]
        return sum(task.result() for task in tasks)

    async def _send(self, claimed: Claimed) -> bool:
        began = time.monotonic()
        failure: NotDelivered | None = None
        try:
            address = open_channel(self._vault, claimed.channel)
            receipt = await self._notifier.send(address, message_of(claimed.delivery))
            answer = receipt.detail
        except NotDelivered as error:
            failure, answer = error, error.detail
        except (CannotOpen, UnityError) as error:
            failure = NotDelivered(f"The channel cannot be opened: {error}.", is_final=True)
            answer = failure.detail
        if failure is not None:
            log.warning(
                "notification_not_delivered",
                delivery_id=str(claimed.delivery.id),
                channel=claimed.channel.name,
                reason=answer,
            )
        took = 1000 * (time.monotonic() - began)
        await self._note(claimed, Outcome(answer, took, failure))
        return failure is None

    async def _note(self, claimed: Claimed, outcome: Outcome) -> None:
        """Note it, with patience: a note that is lost means that the message is sent twice."""
        for number in range(1, _NOTE_TRIES + 1):
            try:
                async with self._database.transaction() as session:
                    claims = Claims(session, self._clock.now(), self._settings, self._worker)
                    if not await claims.note(claimed, outcome):
                        log.warning("delivery_claim_lost", delivery_id=str(claimed.delivery.id))
            except (SQLAlchemyError, OSError) as error:
                if number == _NOTE_TRIES:
                    raise
                log.warning("delivery_not_noted", error=type(error).__name__)
                await asyncio.sleep(self._settings.lease_seconds / 60 * number)
            else:
                return


def message_of(delivery: NotificationDelivery) -> Message:
    """Return the message as an address gets it: the same at each attempt."""
    link = delivery.document.get("link") or ""
    return Message(
        key=str(delivery.id),
        thread=delivery.order_key.replace(":", "."),
        at=delivery.made_at,
        is_over=delivery.kind in (DeliveryKind.RESOLVED, DeliveryKind.TEST, DeliveryKind.SELF_TEST),
        severity=delivery.severity,
        title=delivery.title,
        text=delivery.text,
        html=delivery.html,
        body=delivery.body,
        document={"id": str(delivery.id), **delivery.document},
        link=str(link),
    )
