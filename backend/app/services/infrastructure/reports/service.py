"""Reports that come every week: entered, changed, listed; and those that were sent."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import uuid7
from app.kernel.zones import time_zone
from app.models.core.notification_channel import NotificationChannel
from app.models.core.resource import ResourceGroup
from app.models.infrastructure.report import HealthReport, HealthReportChannel, ReportIssue
from app.schemas.base import Page
from app.schemas.infrastructure.report import (
    HealthReportRead,
    HealthReportWrite,
    ReportIssueDetail,
    ReportIssueQuery,
    ReportIssueRead,
)
from app.services.core.audit import AuditLog
from app.services.core.notifications.forms import refuse
from app.services.core.notifications.hours import next_time
from app.services.core.permissions import Actor
from app.services.core.queries import contains, sorted_by

_ISSUE_COLUMNS = {
    "made_at": ReportIssue.made_at,
    "report_name": ReportIssue.report_name,
    "group_name": ReportIssue.group_name,
}


class HealthReportNotFound(NotFound):
    """No report of this id is planned."""


class ReportIssueNotFound(NotFound):
    """No report of this id was sent, or it is too long ago."""


class HealthReportNameTaken(Conflict):
    """Another report has this name."""


class HealthReportService:
    """Reads and writes what is planned, in one transaction with the audit entry."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog, zone: str) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._zone = zone

    async def list(self) -> Sequence[HealthReportRead]:
        """Return all of them by name."""
        rows = await self._session.scalars(select(HealthReport).order_by(HealthReport.name))
        return await self._read(rows.all())

    async def create(self, actor: Actor, wish: HealthReportWrite) -> HealthReportRead:
        """Plan a report."""
        row = HealthReport(id=uuid7(), created_at=self._clock.now())
        return await self._write(actor, row, wish, "health_report.created")

    async def edit(
        self, actor: Actor, report_id: uuid.UUID, wish: HealthReportWrite
    ) -> HealthReportRead:
        """Change a report; what was missed meanwhile is not caught up."""
        row = await self.row(report_id)
        return await self._write(actor, row, wish, "health_report.changed")

    async def delete(self, actor: Actor, report_id: uuid.UUID) -> None:
        """Send it no more; those that were sent stay in the list."""
        row = await self.row(report_id)
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "health_report.deleted", row)

    async def row(self, report_id: uuid.UUID) -> HealthReport:
        """Return the row, or raise `HealthReportNotFound`."""
        row = await self._session.get(HealthReport, report_id)
        if row is None:
            raise HealthReportNotFound("There is no report with this id.", fix="Reload the list.")
        return row

    async def issues(self, query: ReportIssueQuery) -> Page[ReportIssueRead]:
        """Return a page of those that were sent, the newest first unless asked otherwise."""
        wanted = select(ReportIssue)
        if query.report_id is not None:
            wanted = wanted.where(ReportIssue.report_id == query.report_id)
        if query.q:
            wanted = wanted.where(contains(ReportIssue.title, query.q))
        total = await self._session.scalar(select(func.count()).select_from(wanted.subquery()))
        order = sorted_by(query.sort or "-made_at", _ISSUE_COLUMNS, ReportIssue.id)
        rows = await self._session.scalars(
            wanted.order_by(*order).offset(query.offset).limit(query.per_page)
        )
        return Page[ReportIssueRead](
            items=[ReportIssueRead.model_validate(row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def issue(self, issue_id: uuid.UUID) -> ReportIssueDetail:
        """Return one that was sent, word for word."""
        row = await self._session.get(ReportIssue, issue_id)
        if row is None:
            raise ReportIssueNotFound(
                "There is no report with this id.", fix="Reports are kept for two years."
            )
        return ReportIssueDetail.model_validate(row)

    async def note_sent(self, actor: Actor, issue: ReportIssue) -> None:
        """Note in the audit log that a person sent a report out of turn."""
        await self._audit.record(
            actor,
            "health_report.sent",
            kind="health_report",
            object_id=issue.report_id,
            name=issue.report_name,
            details={"issue_id": str(issue.id), "channels": [*issue.channels]},
        )

    async def _write(
        self, actor: Actor, row: HealthReport, wish: HealthReportWrite, action: str
    ) -> HealthReportRead:
        await self._check(row, wish)
        now = self._clock.now()
        row.name, row.group_id, row.is_enabled = wish.name, wish.group_id, wish.is_enabled
        row.weekday, row.clock, row.zone = wish.weekday, wish.clock, wish.zone
        row.next_at = next_of(row, self._zone, now)
        row.updated_at = now
        self._session.add(row)
        await self._session.flush()
        channels = HealthReportChannel
        await self._session.execute(delete(channels).where(channels.report_id == row.id))
        for channel_id in dict.fromkeys(wish.channel_ids):
            self._session.add(channels(id=uuid7(), report_id=row.id, channel_id=channel_id))
        await self._session.flush()
        await self._record(actor, action, row)
        return (await self._read([row]))[0]

    async def _check(self, row: HealthReport, wish: HealthReportWrite) -> None:
        other = await self._session.scalar(
            select(HealthReport.id).where(HealthReport.name == wish.name, HealthReport.id != row.id)
        )
        if other is not None:
            raise HealthReportNameTaken(
                f"There is a report {wish.name} already.", fix="Choose another name."
            )
        if wish.group_id and not await self._session.get(ResourceGroup, wish.group_id):
            refuse([("group_id", "There is no group with this id.")])
        known = await self._session.scalars(
            select(NotificationChannel.id).where(NotificationChannel.id.in_(wish.channel_ids))
        )
        if set(wish.channel_ids) - set(known):
            refuse([("channel_ids", "Choose channels that exist.")])

    async def _read(self, rows: Sequence[HealthReport]) -> Sequence[HealthReportRead]:
        ids = [row.id for row in rows]
        channels: dict[uuid.UUID, dict[uuid.UUID, bool]] = defaultdict(dict)
        for report_id, channel_id, is_on in await self._session.execute(
            select(
                HealthReportChannel.report_id,
                HealthReportChannel.channel_id,
                NotificationChannel.is_enabled,
            )
            .join(NotificationChannel, NotificationChannel.id == HealthReportChannel.channel_id)
            .where(HealthReportChannel.report_id.in_(ids))
            .order_by(NotificationChannel.name)
        ):
            channels[report_id][channel_id] = is_on
        newest = await self._session.execute(
            select(ReportIssue.report_id, func.max(ReportIssue.made_at))
            .where(ReportIssue.report_id.in_(ids))
            .group_by(ReportIssue.report_id)
        )
        last = dict(newest.all())
        named = await self._session.execute(
            select(ResourceGroup.id, ResourceGroup.name).where(
                ResourceGroup.id.in_([row.group_id for row in rows if row.group_id])
            )
        )
        groups = dict(named.all())
        return [
            HealthReportRead(
                id=row.id,
                name=row.name,
                group_id=row.group_id,
                group_name=groups.get(row.group_id, "") if row.group_id else "",
                is_enabled=row.is_enabled,
                weekday=row.weekday,
                clock=row.clock,
                zone=row.zone,
                channel_ids=[*channels[row.id]],
                next_at=row.next_at,
                last_at=last.get(row.id),
                finding=_finding(row, channels[row.id]),
            )
            for row in rows
        ]

    async def _record(self, actor: Actor, action: str, row: HealthReport) -> None:
        await self._audit.record(
            actor,
            action,
            kind="health_report",
            object_id=row.id,
            name=row.name,
            details={
                "is_enabled": row.is_enabled,
                "group_id": str(row.group_id) if row.group_id else None,
            },
        )


def _finding(row: HealthReport, channels: Mapping[uuid.UUID, bool]) -> str:
    """Say why nobody gets a report that comes by itself; its channels may have been deleted."""
    if not row.is_enabled or any(channels.values()):
        return ""
    if channels:
        return "It reaches nobody: every channel that it goes to is switched off."
    return "It reaches nobody: it has no channel, or the one that it had was deleted."


def zone_of(row: HealthReport, otherwise: str) -> ZoneInfo:
    """Return the zone that a report's time is meant in."""
    return time_zone(row.zone or otherwise)


def next_of(row: HealthReport, otherwise: str, now: datetime) -> datetime | None:
    """Return when a report comes next after a moment; None while it is switched off."""
    if not row.is_enabled:
        return None
    return next_time(row.clock, zone_of(row, otherwise), now, row.weekday)
