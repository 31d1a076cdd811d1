"""The ledger of databases: takes in what the machines show, in the transaction of their cycle."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceEdge, ResourceKind
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    LoginMode,
)
from app.models.infrastructure.filesystem import Filesystem
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.alerts.types import Observation
from app.services.core.resources import NewResource, ResourceService
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.databases.conditions import observe_state
from app.services.infrastructure.databases.matching import match
from app.services.infrastructure.databases.states import (
    GONE,
    TITLES,
    Verdict,
    apply_verdict,
    wants_login,
)
from app.services.infrastructure.facts.databases.found import FoundDatabase, FoundDatabases
from app.services.infrastructure.facts.databases.reader import FACT
from app.services.infrastructure.pools.ledger import STANDS_ON
from app.services.infrastructure.topology.layout import deepest_mount

_SHORT = timedelta(days=1)
_FORGOTTEN_AFTER = timedelta(days=90)
_SILENT = (DatabaseKind.POSTGRESQL, DatabaseKind.MYSQL, DatabaseKind.MARIADB)


class DatabaseLedger:
    """A sink of the collection, after the one of file systems. One for a process."""

    def __init__(self, clock: Clock, alerts: AlertEngine) -> None:
        self._clock = clock
        self._alerts = alerts

    async def store(
        self, session: AsyncSession, results: Sequence[CycleResult]
    ) -> Sequence[AlertChange]:
        """Write which databases are there; return what is to be told."""
        shown: dict[uuid.UUID, list[FoundDatabase]] = {}
        for result in results:
            found = result.values.get(FACT)
            if isinstance(found, FoundDatabases):
                shown[result.claim.server_id] = found.databases
        if not shown:
            return ()
        book = _Book(session, self._clock)
        observations = await book.enter(shown)
        if not observations:
            return ()
        await session.flush()
        return await self._alerts.take(session, observations)


class _Book:
    """The databases of some servers, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._now = clock.now()
        self._resources = ResourceService(session, clock)
        self._placed: list[DatabaseInstance] = []

    async def enter(self, shown: Mapping[uuid.UUID, Sequence[FoundDatabase]]) -> list[Observation]:
        """Write all databases; return what changed for the alerts."""
        known: dict[uuid.UUID, list[DatabaseInstance]] = defaultdict(list)
        rows = await self._session.scalars(
            select(DatabaseInstance).where(DatabaseInstance.server_id.in_(list(shown)))
        )
        for row in rows:
            known[row.server_id].append(row)
        told: list[Observation] = []
        for server_id, found in shown.items():
            there = []
            for one, paired in match(found, known[server_id]):
                there.append(await self._write(server_id, one, paired, told))
            for old in known[server_id]:
                if old not in there:
                    await self._miss(old, told)
        await self._link()
        return told

    async def _write(
        self,
        server_id: uuid.UUID,
        found: FoundDatabase,
        row: DatabaseInstance | None,
        told: list[Observation],
    ) -> DatabaseInstance:
        if row is None:
            row = await self._add(server_id, found)
        elif row.missing_since is not None:
            # It is back: what is true of it now is read at once.
            row.missing_since = None
            self._judge(row, wants_login(row.kind), told)
            row.next_due_at = row.deep_due_at = self._due(row)
        elif row.pid != found.pid:
            row.next_due_at = self._due(row)
        self._fill(row, found)
        return row

    async def _add(self, server_id: uuid.UUID, found: FoundDatabase) -> DatabaseInstance:
        now, verdict = self._now, wants_login(found.kind)
        row = DatabaseInstance(
            id=uuid7(),
            server_id=server_id,
            kind=found.kind,
            name=_name(found),
            state=verdict.state,
            reason_kind=verdict.kind,
            reason=verdict.reason,
            fix=verdict.fix,
            state_since=now,
            host_path="",
            login=LoginMode.NONE,
            first_seen_at=now,
            last_seen_at=now,
            created_at=now,
            updated_at=now,
        )
        await self._resources.create(
            NewResource(
                row.id, ResourceKind.DATABASE, row.name, parent_id=server_id, server_id=server_id
            )
        )
        row.next_due_at = self._due(row)
        self._session.add(row)
        return row

    def _due(self, row: DatabaseInstance) -> datetime | None:
        """Return when it is asked; some let nobody in without a name: there is nothing to try."""
        return None if row.kind in _SILENT and row.login == LoginMode.NONE else self._now

    def _fill(self, row: DatabaseInstance, found: FoundDatabase) -> None:
        row.pid, row.container = found.pid, found.container
        row.port = found.port if found.port is not None else row.port
        row.doors = [door.model_dump() for door in found.doors]
        row.notes = found.notes
        # What a login has told is not forgotten because the process tells less.
        row.version = row.version if row.last_read_at and row.version else found.version
        row.data_path = found.data_path or row.data_path
        if found.host_path and found.host_path != row.host_path:
            row.host_path = found.host_path
            row.mountpoint, row.device = found.mountpoint, found.device
        row.last_seen_at = row.updated_at = self._now
        self._placed.append(row)

    async def _miss(self, row: DatabaseInstance, told: list[Observation]) -> None:
        if self._is_forgettable(row):
            await self._session.execute(delete(Resource).where(Resource.id == row.id))
            await self._session.delete(row)
        elif row.missing_since is None:
            row.missing_since = self._now
            self._judge(row, GONE, told)
            row.pid, row.next_due_at = None, None
        else:
            told.append(observe_state(row, GONE))

    def _is_forgettable(self, row: DatabaseInstance) -> bool:
        """Say whether nobody misses it: one of a build or a test comes and goes within a day."""
        if row.login != LoginMode.NONE:
            return False
        since = row.missing_since
        is_short = row.last_read_at is None and self._now - row.first_seen_at < _SHORT
        return is_short or (since is not None and self._now - since > _FORGOTTEN_AFTER)

    def _judge(self, row: DatabaseInstance, verdict: Verdict, told: list[Observation]) -> None:
        apply_verdict(row, verdict, self._now)
        told.append(observe_state(row, verdict))

    async def _link(self) -> None:
        """Draw the edges to the file systems that hold the data."""
        placed = [row for row in self._placed if row.host_path]
        if not placed:
            return
        await self._session.flush()
        mounts: dict[uuid.UUID, dict[str, uuid.UUID]] = defaultdict(dict)
        for server_id, point, key in await self._session.execute(
            select(Filesystem.server_id, Filesystem.mountpoint, Filesystem.id).where(
                Filesystem.server_id.in_({row.server_id for row in placed}),
                Filesystem.missing_since.is_(None),
            )
        ):
            mounts[server_id][point] = key
        drawn = await self._session.execute(
            select(ResourceEdge.source_id, ResourceEdge.target_id).where(
                ResourceEdge.source_id.in_([row.id for row in placed]),
                ResourceEdge.kind == STANDS_ON,
            )
        )
        known = {source: target for source, target in drawn}  # noqa: C416 - rows are no pairs
        for row in placed:
            points = mounts[row.server_id]
            under = deepest_mount(row.host_path, points)
            target = points.get(under) if under is not None else None
            row.mountpoint = under or row.mountpoint
            if known.get(row.id) != target:
                await self._redraw(row.id, target)

    async def _redraw(self, source: uuid.UUID, target: uuid.UUID | None) -> None:
        await self._session.execute(
            delete(ResourceEdge).where(
                ResourceEdge.source_id == source, ResourceEdge.kind == STANDS_ON
            )
        )
        if target is not None:
            self._session.add(
                ResourceEdge(id=uuid7(), source_id=source, target_id=target, kind=STANDS_ON)
            )


def _name(found: FoundDatabase) -> str:
    """Return what it is called until somebody calls it otherwise."""
    place = f":{found.port}" if found.port else ""
    inside = f" in {found.container}" if found.container else ""
    return f"{TITLES[found.kind]} {place}{inside}".strip()
