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
from app.kernel.database import Database, Session
from app.kernel.errors import UnityError
from app.kernel.logging import get_logger
from app.models.core.notification_delivery import DeliveryKind, NotificationDelivery
from app.ports.live_bus import LiveBus
from app.ports.notifier import Message, NotDelivered, Notifier
from app.services.core.notifications.channels import open_channel
from app.services.core.notifications.claiming import Claimed, Claims, Ended, Outcome
from app.services.core.notifications.overdue import Overdue

AT_ONCE = 16
MOST_ROUNDS = 3
TOPIC = "notification"
_NO_ALARM = frozenset(
    {
        DeliveryKind.RESOLVED.value,
        DeliveryKind.TEST.value,
        DeliveryKind.SELF_TEST.value,
        DeliveryKind.REPORT.value,
    }
)
# A database that restarts, or moves to another machine, is back within this time.
_NOTE_SECONDS, _NOTE_PAUSE, _LONGEST_NOTE_PAUSE = 300.0, 0.05, 1.0
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
        # What this process is sending or noting, in all of its rounds: nobody else is to have it
        # from this process, also when the database was away for longer than the lease.
        self._held: set[uuid.UUID] = set()
        self._rounds = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether as many rounds are under way here as may be.

        A receiver that hangs holds up its own round, and the next ones go on beside it; but they
        may not take all workers from the other jobs.
        """
        return self._rounds >= MOST_ROUNDS

    async def deliver(self) -> int:
        """Send all that is due; return how many messages arrived."""
        self._rounds += 1
        try:
            return await self._deliver()
        finally:
            self._rounds -= 1

    async def _deliver(self) -> int:
        arrived = 0
        end = time.monotonic() + self._settings.round_seconds
        tried: set[uuid.UUID] = set()
        while time.monotonic() < end:
            claimed = await self._claim(tried)
            if not claimed:
                break
            try:
                arrived += await self._send_all(claimed)
            finally:
                self._held.difference_update(one.delivery.id for one in claimed)
            await self._live.publish(TOPIC, {"ids": [str(one.delivery.id) for one in claimed]})
        return arrived

    async def _claim(self, tried: set[uuid.UUID]) -> Sequence[Claimed]:
        async with self._database.transaction() as session:
            overdue = Overdue(session, self._clock.now())
            await overdue.bury()
            await overdue.fall_back()
            await session.flush()
            claimed = await self._claims(session).take(AT_ONCE, tried, besides=self._held)
        self._held.update(one.delivery.id for one in claimed)
        return claimed

    def _claims(self, session: Session) -> Claims:
        return Claims(session, self._clock.now(), self._settings, self._worker)

    async def _send_all(self, claimed: Sequence[Claimed]) -> int:
        """Send side by side; note what ends, together, while the others are on their way."""
        ended: asyncio.Queue[Ended | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(claimed))
            noting = group.create_task(self._note_all(ended))
            # One that breaks must not cut off the others: what they sent would be sent again.
            sent = await asyncio.gather(
                *(self._send(one, ended) for one in claimed), return_exceptions=True
            )
            ended.put_nowait(None)
            await noting
            keeping.cancel()
        for one in sent:
            if isinstance(one, BaseException):
                raise one
        return sum(one is True for one in sent)

    async def _send(self, claimed: Claimed, ended: "asyncio.Queue[Ended | None]") -> bool:
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
        ended.put_nowait(Ended(claimed, Outcome(answer, took, failure)))
        return failure is None

    async def _keep(self, claimed: Sequence[Claimed]) -> None:
        """Prolong the leases as long as this process lives, however slow it or a receiver is."""
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            try:
                async with self._database.transaction() as session:
                    await self._claims(session).renew(claimed)
            except (SQLAlchemyError, OSError) as error:
                log.warning("delivery_leases_not_renewed", error=type(error).__name__)

    async def _note_all(self, ended: "asyncio.Queue[Ended | None]") -> None:
        """Note all that has ended since the last look in one transaction, until nothing comes."""
        is_last = False
        while not is_last:
            found = [await ended.get()]
            while not ended.empty():
                found.append(ended.get_nowait())
            is_last = None in found
            await self._note([one for one in found if one is not None])

    async def _note(self, ended: Sequence[Ended]) -> None:
        """Note it, with patience: a note that is lost means that the message is sent twice."""
        end = time.monotonic() + _NOTE_SECONDS
        pause = _NOTE_PAUSE
        while ended:
            try:
                async with self._database.transaction() as session:
                    lost = await self._claims(session).note(ended)
            except (SQLAlchemyError, OSError) as error:
                if time.monotonic() > end:
                    raise
                log.warning("delivery_not_noted", error=type(error).__name__, count=len(ended))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_NOTE_PAUSE)
            else:
                for delivery_id in lost:
                    log.warning("delivery_claim_lost", delivery_id=str(delivery_id))
                return


def message_of(delivery: NotificationDelivery) -> Message:
    """Return the message as an address gets it: the same at each attempt."""
    link = delivery.document.get("link") or ""
    return Message(
        key=str(delivery.id),
        thread=delivery.order_key.replace(":", "."),
        at=delivery.made_at,
        is_over=delivery.kind in _NO_ALARM,
        severity=delivery.severity,
        title=delivery.title,
        text=delivery.text,
        html=delivery.html,
        body=delivery.body,
        document={"id": str(delivery.id), **delivery.document},
        link=str(link),
    )
