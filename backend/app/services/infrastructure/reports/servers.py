"""Servers, databases and backups, as the report tells them."""

import uuid
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.backup_destination import BackupDestination
from app.models.core.backup_run import BackupRun, BackupState
from app.models.infrastructure.collection import StatusChange
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseState
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.services.core.metrics.queries import MetricReader
from app.services.infrastructure.reports import words
from app.services.infrastructure.reports.model import Line, Section, Tone, Week, section
from app.services.infrastructure.reports.outages import Attendance, Change, attendance
from app.services.infrastructure.status import shown

BACKUP_AGE = "unity_database_backup_age_seconds"
_UPDATES = "unity_package_updates_pending"
_SECURITY = "unity_package_security_updates_pending"
_REBOOT = "node_reboot_required"
# Backups are made every night by most, and by nobody more seldom than once a week.
DATABASE_BACKUP_OLD = timedelta(days=7)
UNITY_BACKUP_OLD = timedelta(days=2)
_NO_TRACE = "{} of {} leave no trace of their backups: look at those yourself."


class ServerGathering:
    """Reads servers and what runs on them for one week."""

    def __init__(self, session: AsyncSession, week: Week, standard_seconds: float) -> None:
        self._session = session
        self._week = week
        self._standard_seconds = standard_seconds
        self._servers: dict[uuid.UUID, MonitoredServer] = {}

    async def read(self) -> dict[str, int]:
        """Read the servers; return how many have which status."""
        rows = await self._session.scalars(select(MonitoredServer))
        self._servers = {row.id: row for row in rows}
        totals = {status.value: 0 for status in ServerStatus}
        for row in self._servers.values():
            totals[self._status(row).value] += 1
        return totals

    def _status(self, row: MonitoredServer) -> ServerStatus:
        return shown(row, self._week.ended, self._standard_seconds).status

    async def outages(self) -> Section:
        """Return the servers that were away, the longest first, and which still are."""
        changes: dict[uuid.UUID, list[Change]] = defaultdict(list)
        rows = await self._session.scalars(
            select(StatusChange)
            .where(StatusChange.at >= self._week.began, StatusChange.at < self._week.ended)
            .order_by(StatusChange.at, StatusChange.id)
        )
        for row in rows:
            changes[row.server_id].append(Change(row.at, row.was, row.status, row.reason))
        found = []
        for server in self._servers.values():
            if not server.is_enabled:
                continue
            seen = attendance(
                self._week, changes[server.id], server.status, server.status_since, server.reason
            )
            if seen.outages:
                found.append((server, seen))
        found.sort(key=lambda one: (-one[1].away, one[0].name.lower()))
        lines = [self._outage(server, seen) for server, seen in found]
        return section("outages", "Outages", "Every server answered all week.", lines)

    def _outage(self, server: MonitoredServer, seen: Attendance) -> Line:
        longest = max(seen.outages, key=lambda one: one.length)
        last = seen.outages[-1]
        zone, percent = self._week.zone, seen.percent
        note = f"longest {words.length(longest.length)}, from {words.minute(longest.began, zone)}"
        if len(seen.outages) > 1:
            note = f"{len(seen.outages)} outages, {words.length(seen.away)} in all; {note}"
        if not last.is_over:
            note = f"away now: {last.reason} ".rstrip(". ") + f"; {note}"
        share = "" if percent is None else f"; there for {words.share(percent)} of the time"
        return Line(
            what=server.name,
            note=note + share,
            tone=Tone.WARNING if last.is_over else Tone.CRITICAL,
            percent=None if percent is None else 100 - percent,  # how much of it it was away
            path=f"/servers/{server.id}",
            is_share=False,
        )

    async def upkeep(self) -> Section:
        """Return the servers that wait for security updates or a reboot."""
        values: dict[uuid.UUID, dict[str, float]] = defaultdict(dict)
        for one in await MetricReader(self._session).latest(None, [_UPDATES, _SECURITY, _REBOOT]):
            values[one.series.resource_id][one.series.metric] = one.reading
        found = [
            (values[server.id], server)
            for server in self._servers.values()
            if server.is_enabled
            and (values[server.id].get(_SECURITY) or values[server.id].get(_REBOOT))
        ]
        found.sort(key=lambda one: (-one[0].get(_SECURITY, 0), one[1].name.lower()))
        most = max((one.get(_SECURITY, 0) for one, _ in found), default=0)
        lines = [_waiting(server, numbers, most) for numbers, server in found]
        others = sum(
            1
            for server in self._servers.values()
            if values[server.id].get(_UPDATES) and not values[server.id].get(_SECURITY)
        )
        remark = f"{words.count(others, 'server')} with other updates only." if others else ""
        calm = "No server waits for a security update or a reboot."
        return section(
            "upkeep", "Updates and reboots", calm, lines, path="/servers/inventory", remark=remark
        )

    async def backups(self, *, with_own: bool) -> Section:
        """Return databases without a recent backup, and Unity's own backups that are late."""
        rows = (
            await self._session.scalars(
                select(DatabaseInstance)
                .where(
                    DatabaseInstance.missing_since.is_(None),
                    DatabaseInstance.state != DatabaseState.OFFLINE,
                )
                .order_by(func.lower(DatabaseInstance.name), DatabaseInstance.id)
            )
        ).all()
        newest = await MetricReader(self._session).latest([row.id for row in rows], [BACKUP_AGE])
        # What was the age when it was read is older by now.
        ages = {
            one.series.resource_id: timedelta(seconds=one.reading) + (self._week.ended - one.at)
            for one in newest
        }
        lines = await self._own_backups() if with_own else []
        for row in rows:
            age = ages.get(row.id)
            if age is not None and age > DATABASE_BACKUP_OLD:
                lines.append(self._late_backup(row, age))
        silent = sum(row.id not in ages for row in rows)
        remark = _NO_TRACE.format(silent, words.count(len(rows), "database")) if silent else ""
        calm = "No backup that leaves a trace is late." if rows else "No backup is late."
        return section("backups", "Backups", calm, lines, path="/databases", remark=remark)

    def _late_backup(self, row: DatabaseInstance, age: timedelta) -> Line:
        server = self._servers.get(row.server_id)
        return Line(
            what=row.name,
            note=f"last backup {words.length(age)} ago",
            where=server.name if server else "",
            tone=Tone.WARNING,
            path=f"/databases/{row.id}",
        )

    async def _own_backups(self) -> list[Line]:
        newest = (
            select(BackupRun.destination_id, func.max(BackupRun.finished_at).label("at"))
            .where(BackupRun.state == BackupState.SUCCEEDED)
            .group_by(BackupRun.destination_id)
            .subquery()
        )
        rows = (
            await self._session.execute(
                select(BackupDestination.name, newest.c.at)
                .outerjoin(newest, newest.c.destination_id == BackupDestination.id)
                .where(BackupDestination.is_enabled)
                .order_by(BackupDestination.name)
            )
        ).all()
        if not rows:
            note = "no destination is set up"
            return [Line("Unity itself", note, tone=Tone.WARNING, path="/system/backup")]
        lines = []
        for name, at in rows:
            if at is None or self._week.ended - at > UNITY_BACKUP_OLD:
                ago = "never" if at is None else f"{words.length(self._week.ended - at)} ago"
                what = f"Unity itself, to {name}"
                note = f"last backup {ago}"
                lines.append(Line(what, note, tone=Tone.WARNING, path="/system/backup"))
        return lines


def _waiting(server: MonitoredServer, numbers: dict[str, float], most: float) -> Line:
    security, updates = int(numbers.get(_SECURITY, 0)), int(numbers.get(_UPDATES, 0))
    parts = []
    if security:
        parts.append(words.count(security, "security update"))
    if updates > security:
        parts.append(f"{updates} updates in all")
    if numbers.get(_REBOOT):
        parts.append("waits for a reboot")
    return Line(
        what=server.name,
        note=", ".join(parts),
        tone=Tone.WARNING,
        percent=100 * security / most if security else None,
        is_share=False,
        path=f"/servers/{server.id}",
    )
