"""What external programs push: checked, stored once, judged; and who has fallen silent."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.kernel.text import printable
from app.models.core.alert import Severity
from app.models.core.plugin_instance import InstanceState, PluginInstance
from app.models.core.plugin_key import PluginKey
from app.models.core.plugin_push import PluginPush
from app.models.core.plugin_run import PluginRun
from app.ports.live_bus import LiveBus
from app.schemas.core.plugin_push import PluginPushed, PluginPushWrite, PushedSample
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange, tell_pages
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch
from app.services.core.plugins.described import CANNOT_WATCH, PUSH, PUSHED, SILENT
from app.services.core.plugins.errors import PushKeyReused, PushNotValid, TooManyPushes
from app.services.core.plugins.keys import PushingKeys
from app.services.core.plugins.running import TOPIC
from app.services.core.plugins.storing import RunStore, forget_runs, pairs

MOST_A_MINUTE = 60
_OLDEST = timedelta(days=1)
_AHEAD = timedelta(minutes=5)
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it came."""

    key: str  # the bearer's
    idempotency_key: str
    body: PluginPushWrite


class PluginPushes:
    """Takes pushes; one for a process, since it keeps the names of series."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        alerts: AlertEngine,
        live: LiveBus,
        pepper: bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts
        self._live = live
        self._pepper = pepper
        self._store = RunStore(clock, alerts)

    async def take(self, push: Push) -> PluginPushed:
        """Store a push; the same one again answers the same, and changes nothing."""
        async with self._database.transaction() as session:
            key = await PushingKeys(session, self._clock, self._pepper).open(push.key)
            # Locked, so that the same push twice at once meets itself here.
            row = await session.get_one(PluginInstance, key.instance_id, with_for_update=True)
            repeated = await self._repeated(session, row.id, push)
            if repeated is not None:
                return repeated
            await self._check_rate(session, row.id)
            pushed, changes = await self._take(session, row, key, push)
        await self._live.publish(TOPIC, {"id": str(row.id)})
        await tell_pages(self._live, changes)
        return pushed

    async def _repeated(
        self, session: AsyncSession, instance_id: uuid.UUID, push: Push
    ) -> PluginPushed | None:
        if not push.idempotency_key:
            return None
        known = await session.scalar(
            select(PluginPush).where(
                PluginPush.instance_id == instance_id, PluginPush.key == push.idempotency_key
            )
        )
        if known is None:
            return None
        if known.digest != _digest(push.body):
            raise PushKeyReused(
                "Another push was taken under this idempotency key.",
                fix="Use a new key for each push, and the same one only to repeat it.",
            )
        return PluginPushed(taken=known.taken, rejected=known.rejected, is_repeated=True)

    async def _check_rate(self, session: AsyncSession, instance_id: uuid.UUID) -> None:
        since = self._clock.now() - timedelta(minutes=1)
        count = await session.scalar(
            select(func.count())
            .select_from(PluginRun)
            .where(PluginRun.instance_id == instance_id, PluginRun.began_at > since)
        )
        if (count or 0) >= MOST_A_MINUTE:
            raise TooManyPushes(
                f"More than {MOST_A_MINUTE} pushes came within a minute.",
                fix="Push several samples at once.",
                retry_after=60,
            )

    async def _take(
        self, session: AsyncSession, row: PluginInstance, key: PluginKey, push: Push
    ) -> tuple[PluginPushed, list[AlertChange]]:
        now, body = self._clock.now(), push.body
        batches = _batches(row, body.samples, now)
        ingest, rejected = await self._store.measure(session, batches)
        taken = len(body.samples) - rejected
        _note(row, body, now)
        session.add(_run(row, body, now, key.name, taken, rejected))
        if push.idempotency_key:
            session.add(_receipt(row.id, push, taken, rejected, now))
        await session.flush()
        await forget_runs(session, row.id)
        changes: list[AlertChange] = []
        if row.is_enabled:
            changes = await self._alerts.take(session, [_observe(row, body)], ingest)
        return PluginPushed(taken=taken, rejected=rejected, is_repeated=False), changes


class Silence:
    """Notices external programs that do not push any more."""

    def __init__(
        self, database: Database, clock: Clock, *, alerts: AlertEngine, live: LiveBus
    ) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts
        self._live = live

    async def look(self) -> int:
        """Report who has been silent for two intervals; return how many."""
        now = self._clock.now()
        async with self._database.snapshot() as session:
            if not await session.scalar(
                select(PluginInstance.id).where(PluginInstance.plugin == PUSH).limit(1)
            ):
                return 0
        async with self._database.transaction() as session:
            await session.execute(delete(PluginPush).where(PluginPush.at < now - _KEPT))
            rows = await session.scalars(
                select(PluginInstance).where(
                    PluginInstance.plugin == PUSH,
                    PluginInstance.is_enabled,
                    PluginInstance.last_run_at.is_not(None),
                    PluginInstance.next_due_at <= now,
                )
            )
            silent = rows.all()
            seen = [_silent(row, now) for row in silent]
            changes = await self._alerts.take(session, seen) if seen else []
        await tell_pages(self._live, changes)
        return len(silent)


def _silent(row: PluginInstance, now: datetime) -> Observation:
    minutes = round((now - (row.last_run_at or now)).total_seconds() / 60)
    words = f"It has not pushed for {minutes} minutes; it means to every {row.every_seconds} s."
    row.state, row.problem, row.problem_kind = InstanceState.FAILING, words, "silent"
    row.fix = "See whether the program still runs, and whether its key has expired."
    row.next_due_at = now + timedelta(seconds=row.every_seconds)
    return Observation(row.id, row.name, {SILENT: [Condition(words, fix=row.fix)]})


def _digest(body: PluginPushWrite) -> str:
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()


def _batches(row: PluginInstance, samples: Sequence[PushedSample], now: datetime) -> list[Batch]:
    by_time: dict[datetime, list[Sample]] = {}
    for number, each in enumerate(samples):
        at = each.at or now
        if at.tzinfo is None or not now - _OLDEST <= at <= now + _AHEAD:
            raise PushNotValid(
                f"The time of sample {number + 1} has no time zone, is more than a day old,"
                " or lies ahead.",
                fix="Send times with their zone (2026-01-31T12:00:00Z), and check the clock.",
                errors=[{"pointer": f"/body/samples/{number}/at", "detail": "It cannot be taken."}],
            )
        by_time.setdefault(at, []).append(
            Sample(
                metric=each.metric,
                value=each.value,
                labels=pairs(each.labels),
                unit=printable(each.unit),
                is_counter=each.kind == "counter",
            )
        )
    interval = timedelta(seconds=row.every_seconds)
    return [Batch(row.id, at, by_time[at], interval) for at in sorted(by_time)]


def _note(row: PluginInstance, body: PluginPushWrite, now: datetime) -> None:
    row.last_run_at = now
    row.next_due_at = now + timedelta(seconds=2 * row.every_seconds) if row.is_enabled else None
    row.summary = printable(body.summary)
    row.took_ms = 0
    if body.status == "ok":
        row.state, row.problem, row.problem_kind, row.fix = InstanceState.OK, "", "", ""
        row.failures, row.last_ok_at = 0, now
    else:
        row.state, row.problem_kind, row.fix = InstanceState.FAILING, "failed", ""
        row.problem = printable(body.detail) or "The program says that it fails."
        row.failures += 1


def _run(
    row: PluginInstance,
    body: PluginPushWrite,
    now: datetime,
    by: str,
    taken: int,
    rejected: int,
) -> PluginRun:
    return PluginRun(
        id=uuid7(),
        instance_id=row.id,
        began_at=now,
        took_ms=0,
        outcome="ok" if body.status == "ok" else "failed",
        detail=printable(body.summary if body.status == "ok" else body.detail),
        samples=taken,
        rejected=rejected,
        by=f"key {by}"[:120],
    )


def _receipt(
    instance_id: uuid.UUID, push: Push, taken: int, rejected: int, now: datetime
) -> PluginPush:
    return PluginPush(
        id=uuid7(),
        instance_id=instance_id,
        key=push.idempotency_key,
        digest=_digest(push.body),
        taken=taken,
        rejected=rejected,
        at=now,
    )


def _observe(row: PluginInstance, body: PluginPushWrite) -> Observation:
    said = [
        Condition(
            printable(each.message),
            subject=printable(each.subject) or printable(each.message)[:100],
            fix=printable(each.fix),
            severity=Severity(each.severity),
        )
        for each in body.conditions
    ]
    failing = [Condition(row.problem)] if body.status != "ok" else []
    found: dict[AlertType, Sequence[Condition]] = {
        PUSHED: said,
        SILENT: [],
        CANNOT_WATCH: failing,
    }
    return Observation(row.id, row.name, found)
