"""Makes reports: reads the week, words it, and puts it into the ledger of messages.

Nothing is sent here: the delivery of notifications sends what stands in its ledger, tries again,
and says whether it arrived.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.kernel.reach import Reach, within
from app.kernel.zones import time_zone
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import DeliveryKind, DeliveryState
from app.models.core.resource import ResourceGroup
from app.models.infrastructure.report import (
    HealthReport,
    HealthReportChannel,
    ReportCause,
    ReportIssue,
)
from app.schemas.infrastructure.report import ReportPreview
from app.services.core.labels import GroupNotFound
from app.services.core.notifications.hearing import new_delivery
from app.services.core.notifications.wording import Words
from app.services.infrastructure.reports.markup import html_of
from app.services.infrastructure.reports.model import Health, week_before
from app.services.infrastructure.reports.reading import HealthReader
from app.services.infrastructure.reports.service import HealthReportNotFound, next_of
from app.services.infrastructure.reports.text import text_of, title_of

Note = Callable[[AsyncSession, ReportIssue], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A report in words."""

    health: Health
    title: str
    text: str
    html: str


class ReportMaker:
    """Makes what is due, what a person asks for, and previews."""

    def __init__(
        self, database: Database, clock: Clock, *, link: str, zone: str, standard_seconds: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._link = link
        self._zone = zone
        self._standard_seconds = standard_seconds

    async def make_due(self) -> int:
        """Make the reports whose time has come; return how many.

        One that breaks does not hold up the others; then the failure goes on to the job.
        """
        async with self._database.snapshot() as session:
            rows = await session.execute(
                select(HealthReport.id, HealthReport.next_at)
                .where(HealthReport.is_enabled, HealthReport.next_at <= self._clock.now())
                .order_by(HealthReport.next_at, HealthReport.id)
            )
            due = rows.all()
        made, broken = 0, []
        for report_id, at in due:
            work = self._make(report_id, ReportCause.SCHEDULE, due_at=at)
            (result,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(result, BaseException):
                broken.append(result)
            else:
                made += result is not None
        if broken:
            raise broken[0]
        return made

    async def make_now(self, report_id: uuid.UUID, requested_by: str, note: Note) -> uuid.UUID:
        """Make one out of turn and queue it; return its id. The schedule stays as it is.

        `note` writes the audit entry, in the same transaction.
        """
        issue_id = await self._make(
            report_id, ReportCause.PERSON, requested_by=requested_by, note=note
        )
        if issue_id is None:
            raise HealthReportNotFound("The report was deleted meanwhile.", fix="Reload the list.")
        return issue_id

    async def preview(self, name: str, group_id: uuid.UUID | None) -> ReportPreview:
        """Word a report as it would go out now; nothing is kept or sent."""
        async with self._database.snapshot() as session:
            group = await _group_name(session, group_id)
        draft = await self._draft(name, group_id, group, self._zone)
        return ReportPreview(
            title=draft.title,
            text=draft.text,
            html=draft.html,
            began_at=draft.health.week.began,
            ended_at=draft.health.week.ended,
            counts=draft.health.counts(),
        )

    async def _make(
        self,
        report_id: uuid.UUID,
        cause: ReportCause,
        *,
        due_at: datetime | None = None,
        requested_by: str = "",
        note: Note | None = None,
    ) -> uuid.UUID | None:
        """Make one, once for each time that it is due, however many workers there are."""
        async with self._database.snapshot() as session:
            report = await session.get(HealthReport, report_id)
            if report is None:
                return None
            group = await _group_name(session, report.group_id)
        draft = await self._draft(report.name, report.group_id, group, report.zone or self._zone)
        async with self._database.transaction() as session:
            row = await session.get(HealthReport, report_id, with_for_update=True)
            if row is None or row.group_id != report.group_id:
                return None  # it is about something else by now
            if cause is ReportCause.SCHEDULE:
                if row.next_at != due_at:
                    return None  # another worker has made it, or a person has changed it
                row.next_at = next_of(row, self._zone, self._clock.now())
            issue = await self._keep(session, row, draft, cause, requested_by)
            if note is not None:
                await note(session, issue)
            return issue.id

    async def _draft(self, name: str, group_id: uuid.UUID | None, group: str, zone: str) -> Draft:
        week = week_before(self._clock.now(), time_zone(zone))
        with _reaching(group_id):
            async with self._database.snapshot() as session:
                reader = HealthReader(session, self._standard_seconds)
                health = await reader.read(name, week, group)
        link = self._link
        return Draft(health, title_of(health), text_of(health, link), html_of(health, link))

    async def _keep(
        self,
        session: AsyncSession,
        row: HealthReport,
        draft: Draft,
        cause: ReportCause,
        requested_by: str,
    ) -> ReportIssue:
        channels = await _channels(session, row.id)
        now, week = self._clock.now(), draft.health.week
        issue = ReportIssue(
            id=uuid7(),
            report_id=row.id,
            report_name=row.name,
            group_name=draft.health.group,
            cause=cause,
            requested_by=requested_by[:120],
            made_at=now,
            began_at=week.began,
            ended_at=week.ended,
            title=draft.title,
            text=draft.text,
            html=draft.html,
            counts=dict(draft.health.counts()),
            channels=[channel.name for channel in channels],
        )
        session.add(issue)
        for channel in channels:
            words = Words(draft.title, draft.text, draft.html)
            delivery = new_delivery(channel, now, DeliveryKind.REPORT, words)
            delivery.notification_id = issue.id
            delivery.document = {
                "event": DeliveryKind.REPORT.value,
                "title": draft.title,
                "text": draft.text,
                "at": now.isoformat(),
                "link": self._link,
                "counts": dict(draft.health.counts()),
            }
            if not channel.is_enabled:
                delivery.state, delivery.ended_at = DeliveryState.SUPPRESSED, now
                delivery.reason = "The channel is switched off."
            session.add(delivery)
        await session.flush()
        return issue


def _reaching(group_id: uuid.UUID | None) -> AbstractContextManager[None]:
    """Narrow everything that is read to a group, below all queries, as for a person of it."""
    return nullcontext() if group_id is None else within(Reach(frozenset({group_id})))


async def _group_name(session: AsyncSession, group_id: uuid.UUID | None) -> str:
    if group_id is None:
        return ""
    group = await session.get(ResourceGroup, group_id)
    if group is None:
        raise GroupNotFound("There is no group with this id.", fix="Choose another group.")
    return group.name


async def _channels(session: AsyncSession, report_id: uuid.UUID) -> Sequence[NotificationChannel]:
    rows = await session.scalars(
        select(NotificationChannel)
        .join(HealthReportChannel, HealthReportChannel.channel_id == NotificationChannel.id)
        .where(HealthReportChannel.report_id == report_id)
        .order_by(NotificationChannel.name)
    )
    return rows.all()
