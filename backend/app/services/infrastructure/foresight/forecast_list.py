"""Forecasts as people read them: the list by date, one with its chart, the risk of drives."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.clock import Clock
from app.kernel.errors import NotFound
from app.models.core.resource import Resource
from app.models.infrastructure.forecast import Forecast, ForecastKind
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.schemas.base import Page
from app.schemas.infrastructure.forecast import (
    ForecastDetail,
    ForecastQuery,
    ForecastRead,
    RiskQuery,
    RiskRead,
)
from app.services.core.metrics.queries import MetricReader
from app.services.core.queries import contains, sorted_by
from app.services.infrastructure.foresight.newest import newest_point, signals_in
from app.services.infrastructure.foresight.risk import NO_FIGURES, NOT_READ, SOURCE, risk_of
from app.services.infrastructure.foresight.words import why_words

_SERVER = aliased(Resource)
_DAY = timedelta(days=1)
_POINTS = 400
_LEAST_SHOWN, _MOST_SHOWN = 14.0, 60.0
_WEAR_SHOWN = 400.0
_LINE_POINTS = 25
# What has no date stands last, whichever way the dates are sorted.
_DATED_FIRST = case((Forecast.full_at.is_(None), 1), else_=0)
_SORTS = {
    "full_at": Forecast.full_at,
    "name": func.lower(Resource.name),
    "server": func.lower(_SERVER.name),
    "kind": Forecast.kind,
    "subject": Forecast.subject,
    "value": Forecast.value,
    "growth": Forecast.per_day,
    "confidence": Forecast.confidence,
    "score": Forecast.score_off,
}


# The resource, and the server that it is or belongs to.
_OWNER = _SERVER.id == func.coalesce(Resource.server_id, Resource.id)
_ROWS = (
    select(Forecast, Resource, _SERVER.id, _SERVER.name)
    .join(Resource, Resource.id == Forecast.resource_id)
    .join(_SERVER, _OWNER)
)
_COUNT = (
    select(func.count(Forecast.id))
    .join(Resource, Resource.id == Forecast.resource_id)
    .join(_SERVER, _OWNER)
)


class ForecastNotFound(NotFound):
    """No forecast has this id."""


class ForecastList:
    """Reads forecasts; the number of queries does not grow with the rows."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def page(self, query: ForecastQuery) -> Page[ForecastRead]:
        """Return what is used up next first, and what has no date last."""
        wanted = self._wanted(query)
        total = await self._session.scalar(_COUNT.where(*wanted))
        order = sorted_by(query.sort or "full_at", _SORTS, Forecast.id)
        rows = await self._session.execute(
            _ROWS.where(*wanted)
            .order_by(_DATED_FIRST, *order)
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[ForecastRead](
            items=[
                _read(row, resource, server_id, server) for row, resource, server_id, server in rows
            ],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, forecast_id: uuid.UUID) -> ForecastDetail:
        """Return one forecast with its history, its line and the band around it."""
        found = (await self._session.execute(_ROWS.where(Forecast.id == forecast_id))).one_or_none()
        if found is None:
            raise ForecastNotFound("There is no forecast with this id.", fix="Reload the list.")
        row, resource, server_id, server = found
        times, values = await self._history(row)
        line = _line(row)
        return ForecastDetail(
            **_read(row, resource, server_id, server).model_dump(),
            labels=row.labels,
            times=times,
            values=values,
            line_times=[at for at, *_ in line],
            line=[middle for _, middle, _, _ in line],
            band_low=[low for _, _, low, _ in line],
            band_high=[high for _, _, _, high in line],
        )

    async def risks(self, query: RiskQuery) -> Page[RiskRead]:
        """Return the drives by their risk to fail within a year, the likeliest first."""
        device = StorageDevice
        wanted: list[ColumnElement[bool]] = [device.state == DeviceState.PRESENT]
        if query.server_id is not None:
            wanted.append(device.server_id == query.server_id)
        if query.q:
            wanted.append(
                or_(
                    *(
                        contains(column, query.q)
                        for column in (device.name, device.model, MonitoredServer.name)
                    )
                )
            )
        rows = await self._session.execute(
            select(
                *(
                    device.id.label("device_id"),
                    device.name,
                    device.model,
                    device.media,
                    device.level,
                ),
                *(newest_point(), device.server_id, MonitoredServer.name.label("server_name")),
            )
            .join(MonitoredServer, MonitoredServer.id == device.server_id)
            .where(*wanted)
        )
        found = [_risk(row["newest"], row) for row in rows.mappings()]
        found.sort(key=lambda one: (-(one.least or 0), -(one.greatest or 0), one.name))
        return Page[RiskRead](
            items=found[query.offset : query.offset + query.per_page],
            total=len(found),
            page=query.page,
            per_page=query.per_page,
        )

    async def _history(self, row: Forecast) -> tuple[list[int], list[float | None]]:
        now = self._clock.now()
        most = _WEAR_SHOWN if row.kind == ForecastKind.WEAR else _MOST_SHOWN
        shown = min(most, max(_LEAST_SHOWN, 2 * row.seen_days))
        result = await MetricReader(self._session).query(
            row.metric, [row.resource_id], (), now - shown * _DAY, now, _POINTS
        )
        labels = tuple(sorted(row.labels.items()))
        for line in result.lines:
            if tuple(sorted(line.name.labels)) == labels:
                return result.times, line.mean
        return [], []

    def _wanted(self, query: ForecastQuery) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if query.kind is not None:
            wanted.append(Forecast.kind == query.kind)
        if query.server_id is not None:
            wanted.append(
                or_(Resource.id == query.server_id, Resource.server_id == query.server_id)
            )
        if query.resource_id is not None:
            wanted.append(Forecast.resource_id == query.resource_id)
        if query.subject:
            wanted.append(Forecast.subject == query.subject)
        if query.dated is not None:
            wanted.append(Forecast.full_at.is_not(None) == query.dated)
        if query.within_days is not None:
            wanted.append(Forecast.full_at <= self._clock.now() + query.within_days * _DAY)
        if query.q:
            columns = (Forecast.subject, Resource.name, _SERVER.name)
            wanted.append(or_(*(contains(column, query.q) for column in columns)))
        return wanted


def _read(row: Forecast, resource: Resource, server_id: uuid.UUID, server: str) -> ForecastRead:
    columns = {name: getattr(row, name, None) for name in ForecastRead.model_fields}
    return ForecastRead.model_validate(
        {
            **columns,
            "resource_name": resource.name,
            "resource_kind": resource.kind,
            "server_id": server_id,
            "server_name": server,
            "why": why_words(row),
        }
    )


def _line(row: Forecast) -> Sequence[tuple[int, float, float, float]]:
    """Return the line from where it was first seen to where it ends, with its band."""
    if row.full_at is None or row.seen_days <= 0:
        return ()
    begin = row.made_at - row.seen_days * _DAY
    end = min(max(row.full_at, row.latest_at or row.full_at), row.made_at + _span(row))
    step = (end - begin) / (_LINE_POINTS - 1)
    return [_point(row, begin + step * place) for place in range(_LINE_POINTS)]


def _span(row: Forecast) -> timedelta:
    full = row.full_at or row.made_at
    return max(2 * (full - row.made_at), 7 * _DAY)


def _point(row: Forecast, at: datetime) -> tuple[int, float, float, float]:
    days = (at - row.made_at) / _DAY
    # Behind us the band would only say how the slope was found; there it is the line itself.
    low, high = (row.per_day_low, row.per_day_high) if days > 0 else (row.per_day, row.per_day)
    middle, least, most = (row.line_value + rate * days for rate in (row.per_day, low, high))
    return round(at.timestamp()), middle, least, most


def _risk(newest: object, drive: RowMapping) -> RiskRead:
    is_disk = drive["media"] == "hdd"
    found = risk_of(signals_in(newest)) if is_disk else None
    if found is not None:
        counter = found.signal.replace("_", " ")
        why = f"It follows from the counter {counter}, which is {found.value}."
    else:
        why = NOT_READ if is_disk else NO_FIGURES
    return RiskRead.model_validate(
        {
            **drive,
            "least": None if found is None else round(found.least, 4),
            "greatest": None if found is None else round(found.greatest, 4),
            "code": "" if found is None else found.code,
            "value": None if found is None else found.value,
            "why": why,
            "source": "" if found is None else SOURCE,
        }
    )
