"""The status that is true now as SQL, so that lists can filter and sort by it."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, false, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.services.infrastructure.status import stale_after


async def current_status(
    session: AsyncSession, now: datetime, standard_seconds: float
) -> ColumnElement[str]:
    """Return what `status.shown` says, as an expression.

    Engines disagree on how a time is reckoned from a column of seconds. The intervals in use are
    few, so each is reckoned here instead.
    """
    intervals = await session.scalars(select(MonitoredServer.interval_seconds).distinct())
    is_stale: list[ColumnElement[bool]] = [false()]
    for seconds in intervals:
        limit = now - stale_after(timedelta(seconds=seconds or standard_seconds))
        column = MonitoredServer.interval_seconds
        has_interval = column.is_(None) if seconds is None else column == seconds
        is_stale.append(and_(has_interval, MonitoredServer.last_attempt_at < limit))
    return case(
        (not_(MonitoredServer.is_enabled), ServerStatus.DISABLED.value),
        (or_(*is_stale), ServerStatus.UNKNOWN.value),
        else_=MonitoredServer.status,
    )
