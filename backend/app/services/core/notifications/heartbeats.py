"""Signs of life: parts of Unity give them, and the watchdog misses them.

An outside monitor is asked only as long as they come.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import CannotOpen, Ref, Vault
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.kernel.logging import get_logger
from app.models.core.heartbeat import DeadMansSwitch, Heartbeat
from app.ports.notifier import NotDelivered, Notifier
from app.services.core.notifications.facts import AlertFacts
from app.services.core.notifications.hearing import NoticeBook

ENGINE = "alerts"  # the alert engine, after each round
DELIVERY = "notifications"  # this room, after each round of sending
NEEDED = (ENGINE, DELIVERY)
SILENT = "unity.silent"
_NAMESPACE = uuid.UUID("5f0e3a52-2f1b-5d3c-9a51-6f0b7c1d2e3f")
log = get_logger(__name__)


class Heartbeats:
    """Where a part of Unity says that it has really made a round."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def beat(self, name: str, *, every: timedelta) -> None:
        """Note a round of a part that makes one `every` so long."""
        try:
            async with self._database.transaction() as session:
                await _beat(session, name, every, self._clock.now())
        except IntegrityError:
            return  # another worker's first beat came at the same moment


async def _beat(session: AsyncSession, name: str, every: timedelta, now: datetime) -> None:
    seconds = max(1, int(every.total_seconds()))
    row = await session.scalar(select(Heartbeat).where(Heartbeat.name == name))
    if row is None:
        session.add(Heartbeat(id=uuid7(), name=name, beat_at=now, every_seconds=seconds))
    else:
        row.beat_at, row.every_seconds = now, seconds


class Watchdog:
    """Tells people when a part has been silent for two of its intervals, and when it is back."""

    def __init__(self, database: Database, clock: Clock, *, zone: str) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        # While Unity itself was off nobody could beat.
        self._since = clock.now()

    async def look(self) -> list[str]:
        """Look at all parts; return those that are silent."""
        now = self._clock.now()
        silent = []
        async with self._database.transaction() as session:
            book = NoticeBook(session, now, self._zone)
            for row in (await session.scalars(select(Heartbeat).with_for_update())).all():
                last = max(row.beat_at, self._since)
                is_silent = now - last > 2 * timedelta(seconds=row.every_seconds)
                if is_silent:
                    silent.append(row.name)
                if is_silent and row.silent_since is None:
                    row.silent_since = last
                    log.error("part_of_unity_silent", name=row.name, since=last.isoformat())
                    await book.fired(_alert(row.name, last, now))
                elif not is_silent and row.silent_since is not None:
                    await book.resolved(_alert(row.name, row.silent_since, now, is_over=True))
                    row.silent_since = None
        return silent


def _alert(name: str, since: datetime, now: datetime, *, is_over: bool = False) -> AlertFacts:
    # The same alert from its beginning to its end, another one each time.
    alert_id = uuid.uuid5(_NAMESPACE, f"{name} {since.isoformat()}")
    return AlertFacts(
        alert_id=alert_id,
        resource_name="Unity",
        alert_type=SILENT,
        domain="core",
        severity="critical",
        title=f"Unity's own {name} {'work again' if is_over else 'are silent'}",
        message=f"The last round of {name} was at {since:%Y-%m-%d %H:%M:%S} UTC.",
        fix="Look at System → Jobs and at the log; restart Unity if nothing moves.",
        began_at=since,
        at=now,
    )


def switch_ref(row_id: uuid.UUID, version: int) -> Ref:
    """Return the cell of the address."""
    return Ref("dead_mans_switch", row_id, "url", version)


class DeadMan:
    """Asks an outside address as long as the engine and the delivery really make their rounds."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, notifier: Notifier) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._notifier = notifier

    async def ping(self) -> bool:
        """Ask when it is time and all is well; tell whether the address answered."""
        now = self._clock.now()
        async with self._database.snapshot() as session:
            row = await session.scalar(select(DeadMansSwitch).limit(1))
            beats = {one.name: one for one in await session.scalars(select(Heartbeat))}
        if row is None or not row.is_enabled or row.next_at > now:
            return False
        missing = [name for name in NEEDED if name not in beats or not is_alive(beats[name], now)]
        if missing:
            error = f"Not sent: no sign of life of {' and '.join(missing)}."
        else:
            error = await self._ask(row)
        values: dict[str, object] = {"last_error": error[:500]}
        if not error:
            values["last_ok_at"] = now
        if not missing:
            values["next_at"] = now + timedelta(seconds=row.every_seconds)
        async with self._database.transaction() as session:
            await session.execute(
                update(DeadMansSwitch)
                .where(DeadMansSwitch.id == row.id, DeadMansSwitch.version == row.version)
                .values(values)
            )
        return not error

    async def _ask(self, row: DeadMansSwitch) -> str:
        try:
            url = self._vault.open(row.url, switch_ref(row.id, row.version), "send the heartbeat")
            await self._notifier.ping(url)
        except CannotOpen:
            return "The stored address cannot be opened: enter it again."
        except NotDelivered as error:
            return error.detail
        return ""


def is_alive(row: Heartbeat, now: datetime) -> bool:
    """Tell whether a part has given a sign within two of its intervals."""
    return now - row.beat_at <= 2 * timedelta(seconds=row.every_seconds)
