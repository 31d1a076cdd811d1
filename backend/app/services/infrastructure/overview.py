"""The overview: what is wrong now, all servers at a glance, what changed. Four queries in all."""

import heapq
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVarTuple, cast

from sqlalchemy import Row, Select, Table, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.models.core.alert import ACTIVE, Alert, AlertState, Severity
from app.models.core.resource import Resource
from app.models.infrastructure.collection import ServerSummary, StatusChange
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.schemas.infrastructure.reading import (
    ChangeRead,
    Overview,
    ServerProblem,
    ServerTile,
    Spark,
)
from app.services.infrastructure.alarms import DEGRADED, HOST_KEY, OFFLINE
from app.services.infrastructure.status import Verdict, shown
from app.services.infrastructure.summary import read_spark

_CHANGES_SHOWN = 50
_PROBLEMS_SHOWN = 100  # nobody reads more before mending some; the inbox has them all
_CAUSE = aliased(Alert)
_Ts = TypeVarTuple("_Ts")
_SERVER = cast("Table", MonitoredServer.__table__)
_SUMMARY = cast("Table", ServerSummary.__table__)
_COLUMNS = (
    "id",
    "name",
    "is_local",
    "is_enabled",
    "status",
    "reason",
    "reason_kind",
    "fix",
    "status_since",
    "last_seen_at",
    "last_attempt_at",
    "interval_seconds",
)
_NUMBERS = (
    "cpu_percent",
    "cpu_cores",
    "load1",
    "memory_percent",
    "memory_bytes",
    "swap_percent",
    "filesystem_percent",
    "temperature_celsius",
    "uptime_seconds",
)
_WORST_FIRST = {
    ServerStatus.OFFLINE: 0,
    ServerStatus.DEGRADED: 1,
    ServerStatus.UNKNOWN: 2,
    ServerStatus.ONLINE: 3,
    ServerStatus.DISABLED: 4,
}
_SEVERITY = {
    ServerStatus.OFFLINE: Severity.CRITICAL,
    ServerStatus.DEGRADED: Severity.WARNING,
    ServerStatus.UNKNOWN: Severity.WARNING,
}
_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
# These say the same as the server's own status, which is newer.
_TOLD_BY_STATUS = frozenset({OFFLINE.kind, DEGRADED.kind, HOST_KEY.kind})


class OverviewReader:
    """Reads the overview; the number of queries does not grow with the servers."""

    def __init__(self, session: AsyncSession, clock: Clock, standard_seconds: float) -> None:
        self._session = session
        self._clock = clock
        self._standard_seconds = standard_seconds

    async def read(self) -> Overview:
        """Return all of it."""
        now = self._clock.now()
        rows = await self._servers()
        judged = [(row, shown(row, now, self._standard_seconds)) for row in rows]
        tiles = [_tile(row, verdict) for row, verdict in judged]
        tiles.sort(key=lambda tile: (_WORST_FIRST[tile.status], tile.name.lower()))
        problems = [
            _status_problem(row, verdict) for row, verdict in judged if verdict.status in _SEVERITY
        ]
        counts = Counter(one.severity for one in problems) + await self._alert_counts()
        problems += await self._alerts()
        totals = dict.fromkeys(ServerStatus, 0)
        for tile in tiles:
            totals[tile.status] += 1
        return Overview(
            problems=heapq.nsmallest(_PROBLEMS_SHOWN, problems, key=_worst_and_oldest),
            problem_counts=dict(counts),
            totals=totals,
            servers=tiles,
            changes=await self._changes(),
        )

    async def _servers(self) -> Sequence[Row]:  # type: ignore[type-arg]  # its columns are listed above
        columns = [_SERVER.c[name] for name in _COLUMNS]
        numbers = [_SUMMARY.c[name] for name in _NUMBERS]
        texts = [_SUMMARY.c.filesystem_mountpoint, _SUMMARY.c.os_name, _SUMMARY.c.spark]
        rows = await self._session.execute(
            select(*columns, *numbers, *texts).outerjoin(
                _SUMMARY, _SUMMARY.c.server_id == _SERVER.c.id
            )
        )
        return rows.all()

    async def _alert_counts(self) -> Counter[Severity]:
        rows = await self._session.execute(
            _of_servers(select(Alert.severity, func.count())).group_by(Alert.severity)
        )
        return Counter({Severity(severity): count for severity, count in rows})

    async def _alerts(self) -> list[ServerProblem]:
        """Return the worst of what is wrong with servers and all that belongs to them."""
        rows = await self._session.execute(
            _of_servers(select(Alert, Resource, MonitoredServer.name))
            .order_by(case(_RANK, value=Alert.severity), Alert.began_at, Alert.id)
            .limit(_PROBLEMS_SHOWN)
        )
        return [
            ServerProblem(
                severity=Severity(alert.severity),
                kind=alert.kind,
                server_id=resource.server_id or resource.id,
                server_name=name,
                resource_name="" if resource.server_id in (None, resource.id) else resource.name,
                alert_id=alert.id,
                subject=alert.subject,
                message=alert.message,
                fix=alert.fix,
                since=alert.began_at,
            )
            for alert, resource, name in rows
        ]

    async def _changes(self) -> list[ChangeRead]:
        rows = await self._session.execute(
            select(StatusChange, MonitoredServer.name)
            .join(MonitoredServer, MonitoredServer.id == StatusChange.server_id)
            .where(StatusChange.at >= self._clock.now() - timedelta(hours=24))
            .order_by(StatusChange.at.desc(), StatusChange.id.desc())
            .limit(_CHANGES_SHOWN)
        )
        return [
            ChangeRead(
                server_id=change.server_id,
                server_name=name,
                at=change.at,
                was=ServerStatus(change.was),
                status=ServerStatus(change.status),
                reason=change.reason,
            )
            for change, name in rows
        ]


def _of_servers(query: Select[*_Ts]) -> Select[*_Ts]:
    """Take the alerts that are active, of servers and what belongs to them, without what follows.

    What the server's own status says is left out, too.
    """
    return (
        query.join(Resource, Resource.id == Alert.resource_id)
        .join(MonitoredServer, MonitoredServer.id == func.coalesce(Resource.server_id, Resource.id))
        .outerjoin(_CAUSE, _CAUSE.id == Alert.cause_id)
        .where(
            Alert.state.in_(ACTIVE),
            Alert.kind.not_in(_TOLD_BY_STATUS),
            or_(Alert.cause_id.is_(None), _CAUSE.state == AlertState.RESOLVED),
            MonitoredServer.is_enabled,
        )
    )


def _worst_and_oldest(one: ServerProblem) -> tuple[int, bool, float, str]:
    since = one.since.timestamp() if one.since else 0.0
    return _RANK[one.severity], one.since is not None, since, one.server_name.lower()


def _tile(row: Row, verdict: Verdict) -> ServerTile:  # type: ignore[type-arg]  # see `_servers`
    times, percent = read_spark(row.spark or "")
    return ServerTile(
        id=row.id,
        name=row.name,
        is_local=row.is_local,
        status=verdict.status,
        reason=verdict.reason,
        reason_kind=verdict.kind,
        status_since=row.status_since,
        last_seen_at=row.last_seen_at,
        os_name=row.os_name or "",
        cpu_percent=row.cpu_percent,
        cpu_cores=row.cpu_cores,
        load1=row.load1,
        memory_percent=row.memory_percent,
        memory_bytes=row.memory_bytes,
        swap_percent=row.swap_percent,
        filesystem_percent=row.filesystem_percent,
        filesystem_mountpoint=row.filesystem_mountpoint or "",
        temperature_celsius=row.temperature_celsius,
        uptime_seconds=row.uptime_seconds,
        spark=Spark(times=times, percent=percent),
    )


def _status_problem(row: Row, verdict: Verdict) -> ServerProblem:  # type: ignore[type-arg]  # see `_servers`
    waits = verdict.kind in ("never_asked", "host_key_unknown")
    return ServerProblem(
        severity=Severity.INFO if waits else _SEVERITY[verdict.status],
        kind=verdict.kind,
        server_id=row.id,
        server_name=row.name,
        resource_name="",
        alert_id=None,
        subject="",
        message=verdict.reason,
        fix=verdict.fix,
        since=row.last_attempt_at if verdict.kind == "stale" else row.status_since,
    )
