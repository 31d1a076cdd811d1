"""The alerts of a week, as the report tells them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.models.core.alert import ACTIVE, Alert, Severity
from app.models.core.resource import Resource
from app.services.infrastructure.reports import words
from app.services.infrastructure.reports.model import (
    MOST_LINES,
    AlertWeek,
    DayCount,
    Line,
    Section,
    Tone,
    Week,
)

_TONES = {Severity.CRITICAL: Tone.CRITICAL, Severity.WARNING: Tone.WARNING}
_WORST_FIRST = case({"critical": 0, "warning": 1}, value=Alert.severity, else_=2)
_OFTEN = 2  # what fired once is no habit
_SERVER = aliased(Resource)


class AlertGathering:
    """Reads the alerts of one week."""

    def __init__(self, session: AsyncSession, week: Week) -> None:
        self._session = session
        self._week = week

    async def counts(self) -> AlertWeek:
        """Return how many fired on each day, and what became of them."""
        week = self._week
        fired: Counter[tuple[object, str]] = Counter()
        for at, severity in await self._session.execute(
            select(Alert.fired_at, Alert.severity).where(*_within(week.began, week.ended))
        ):
            if at is not None:
                fired[week.day_of(at), severity] += 1
        before = _within(week.began - timedelta(days=7), week.began)
        resolved = (Alert.resolved_at >= week.began, Alert.resolved_at < week.ended)
        told = Alert.fired_at.is_not(None)  # what never fired, nobody heard of
        return AlertWeek(
            days=[
                DayCount(day, *(fired[day, one] for one in ("critical", "warning", "info")))
                for day in week.days()
            ],
            fired_before=await self._count(*before),
            resolved=await self._count(*resolved, told),
            still=await self._count(Alert.state.in_(ACTIVE)),
        )

    async def still(self, total: int) -> Section:
        """Return what is wrong now: the worst and oldest first."""
        # The title of a server's own alert has its name; that of a drive in it has not.
        found = await self._session.execute(
            select(Alert, _SERVER.name)
            .join(Resource, Resource.id == Alert.resource_id)
            .outerjoin(
                _SERVER, and_(_SERVER.id == Resource.server_id, _SERVER.id != Alert.resource_id)
            )
            .where(Alert.state.in_(ACTIVE))
            .order_by(_WORST_FIRST, Alert.began_at, Alert.id)
            .limit(MOST_LINES)
        )
        lines = [
            Line(
                what=one.title,
                note=f"{one.severity}, since {words.minute(one.began_at, self._week.zone)}"
                + (f"; {one.acknowledged_by} is on it" if one.acknowledged_by else ""),
                where=server or "",
                tone=_TONES.get(Severity(one.severity), Tone.PLAIN),
                path=f"/alerts/{one.id}",
            )
            for one, server in found
        ]
        return Section(
            "still_wrong", "Wrong now", "Nothing is wrong now.", lines, total, path="/alerts"
        )

    async def often(self) -> Section:
        """Return what fired again and again: the noise, or the fault that nobody mended."""
        number = func.count(Alert.id).label("number")
        grouped = (
            select(Alert.fingerprint, number, func.max(Alert.fired_at).label("newest"))
            .where(*_within(self._week.began, self._week.ended))
            .group_by(Alert.fingerprint)
            .having(func.count(Alert.id) >= _OFTEN)
        )
        total = await self._session.scalar(select(func.count()).select_from(grouped.subquery()))
        rows = await self._session.execute(
            grouped.order_by(number.desc(), Alert.fingerprint).limit(MOST_LINES)
        )
        lines = await self._often_lines([(mark, times, at) for mark, times, at in rows if at])
        calm = "Nothing fired more than once."
        return Section("often", "Fired again and again", calm, lines, total or 0, path="/alerts")

    async def _often_lines(self, found: Sequence[tuple[str, int, datetime]]) -> list[Line]:
        newest = [and_(Alert.fingerprint == mark, Alert.fired_at == at) for mark, _, at in found]
        if not newest:
            return []
        rows = await self._session.execute(
            select(Alert, Resource.name, _SERVER.name)
            .join(Resource, Resource.id == Alert.resource_id)
            .outerjoin(_SERVER, _SERVER.id == Resource.server_id)
            .where(or_(*newest))
        )
        by_mark = {alert.fingerprint: (alert, server or name) for alert, name, server in rows}
        most = max(number for _, number, _ in found)
        return [
            Line(
                what=by_mark[mark][0].title,
                note=f"{number} times",
                where=by_mark[mark][1],
                tone=_TONES.get(Severity(by_mark[mark][0].severity), Tone.PLAIN),
                percent=100 * number / most,
                is_share=False,
                path=f"/alerts/{by_mark[mark][0].id}",
            )
            for mark, number, _ in found
        ]

    async def _count(self, *wanted: ColumnElement[bool]) -> int:
        statement = select(func.count(Alert.id)).where(*wanted)
        return await self._session.scalar(statement) or 0


def _within(begin: datetime, end: datetime) -> Sequence[ColumnElement[bool]]:
    return (Alert.fired_at >= begin, Alert.fired_at < end)
