"""Stores what cycles brought: the results of many servers in one transaction.

Whoever comes first waits a moment for the others and then writes for all of them. So a cycle over
fifty servers costs a few transactions, and a slow server holds up nobody.
"""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.kernel.logging import get_logger
from app.models.infrastructure.monitored_server import ServerStatus
from app.ports.live_bus import LiveBus
from app.services.core.alerts.incidents import AlertChange, tell_pages
from app.services.infrastructure import result_store
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.cycle_metrics import CycleMetrics
from app.services.infrastructure.result_rows import Rows, rows_after
from app.services.infrastructure.status import Verdict
from app.services.infrastructure.status_news import announce_changes

# Each transaction costs about as much as ten results; nobody may wait longer than a second. While
# results keep coming it is worth to wait for the next; after a lull those who are here go first.
_LONGEST_SECONDS = 0.9
_LULL_SECONDS = 0.15
MOST_AT_ONCE = 64
SERVERS_TOPIC = "server"
log = get_logger(__name__)


class Sink(Protocol):
    """Something else that wants each result in the same transaction: host keys, drives, pools."""

    async def store(
        self, session: AsyncSession, results: Sequence[CycleResult]
    ) -> Sequence[AlertChange]:
        """Write what follows from the results; return the alerts that pages are to hear of."""
        ...


@dataclass(slots=True, eq=False)
class _Waiting:
    result: CycleResult
    verdict: Verdict | None = None
    is_done: bool = False


@dataclass(slots=True)
class Stored:
    """What one transaction changed, for those who are told after it."""

    rows: list[tuple[CycleResult, Rows]] = field(default_factory=list)
    alerts: list[AlertChange] = field(default_factory=list)


class ResultWriter:
    """Gathers results and stores them together."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        live: LiveBus,
        *,
        metrics: CycleMetrics,
        sinks: Sequence[Sink] = (),
        slow_interval: timedelta = timedelta(hours=6),
    ) -> None:
        self._database = database
        self._clock = clock
        self._live = live
        self._metrics = metrics
        self._sinks = sinks
        self._slow_interval = slow_interval
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._enough = asyncio.Event()
        self._expected = 0

    def expect(self) -> None:
        """Announce a result, so that the others wait for it (but never longer than the window)."""
        self._expected += 1

    def give_up(self) -> None:
        """Take an announcement back."""
        self._expected -= 1
        self._check()

    async def write(self, result: CycleResult) -> Verdict | None:
        """Store an announced result; return its verdict, None when the server is gone."""
        mine = _Waiting(result)
        self._waiting.append(mine)
        self._expected -= 1
        self._check()
        async with self._turn:
            if not mine.is_done:
                await self._lead()
        return mine.verdict

    def _check(self) -> None:
        if self._expected <= 0 or len(self._waiting) >= MOST_AT_ONCE:
            self._enough.set()
        else:
            self._enough.clear()

    async def _lead(self) -> None:
        await self._gather()
        batch = self._take()
        try:
            stored = await self._store(batch)
        except IntegrityError:
            # One of them clashes with an edit of this moment; the others must not suffer for it.
            stored = await self._store_singly(batch)
        finally:
            for one in batch:
                one.is_done = True
        await self._tell(stored)

    async def _gather(self) -> None:
        """Wait for more results, while they keep coming."""
        clock = asyncio.get_running_loop().time
        until, known = clock() + _LONGEST_SECONDS, 0
        while not self._enough.is_set() and clock() < until and len(self._waiting) > known:
            known = len(self._waiting)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_LULL_SECONDS, until - clock())):
                    await self._enough.wait()

    def _take(self) -> list[_Waiting]:
        """Take one result of each server: each is judged by what the one before it stored."""
        batch: dict[uuid.UUID, _Waiting] = {}
        for one in self._waiting:
            if len(batch) < MOST_AT_ONCE:
                batch.setdefault(one.result.claim.server_id, one)
        taken = list(batch.values())
        self._waiting = [one for one in self._waiting if one not in taken]
        return taken

    async def _store_singly(self, batch: Sequence[_Waiting]) -> Stored:
        everything = Stored()
        for one in batch:
            try:
                stored = await self._store([one])
            except IntegrityError as error:
                server_id = str(one.result.claim.server_id)
                log.warning("result_not_stored", server_id=server_id, error=str(error.orig))
                continue
            everything.rows += stored.rows
            everything.alerts += stored.alerts
        return everything

    async def _store(self, batch: Sequence[_Waiting]) -> Stored:
        results = [one.result for one in batch]
        async with self._database.transaction() as session:
            before = await result_store.read_before(session, results)
            # A server may be deleted or disabled while it was asked; then nothing is stored.
            current = [one for one in batch if one.result.claim.server_id in before]
            if not current:
                return Stored()
            stored = Stored()
            for one in current:
                known = before[one.result.claim.server_id]
                rows = rows_after(one.result, known, self._slow_interval)
                one.verdict = rows.verdict
                stored.rows.append((one.result, rows))
            await result_store.write(session, [rows for _, rows in stored.rows])
            for sink in self._sinks:
                stored.alerts += await sink.store(session, [result for result, _ in stored.rows])
            stored.alerts += await self._metrics.judge(session, stored.rows)
            announce_changes(session, self._clock, stored.rows)
        return stored

    async def _tell(self, stored: Stored) -> None:
        """Tell the pages and the log, after the commit."""
        if not stored.rows:
            return
        for result, rows in stored.rows:
            if rows.change is not None:
                say = log.info if rows.verdict.status == ServerStatus.ONLINE else log.warning
                say(
                    "server_status_changed",
                    server_id=str(result.claim.server_id),
                    server=result.claim.name,
                    was=str(rows.change["was"]),
                    status=rows.verdict.status.value,
                    kind=rows.verdict.kind,
                    reason=rows.verdict.reason,
                )
        asked: list[JsonValue] = [str(result.claim.server_id) for result, _ in stored.rows]
        changed: list[JsonValue] = [
            str(result.claim.server_id) for result, rows in stored.rows if rows.change is not None
        ]
        await self._live.publish(SERVERS_TOPIC, {"ids": asked, "changed": changed})
        await tell_pages(self._live, stored.alerts)
