"""Drives, pools and what fills up, as the report tells them."""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.models.core.resource import Resource
from app.models.infrastructure.forecast import Forecast, ForecastKind
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.reports import words
from app.services.infrastructure.reports.model import (
    Line,
    Section,
    Tone,
    Week,
    section,
)
from app.services.infrastructure.storage.rules import RANK, Level
from app.services.infrastructure.upkeep.plans import plans

# What is further away is shown on its page: in a weekly mail it would stand for months.
SOON = timedelta(days=90)
WORN_SOON = timedelta(days=730)
_URGENT = timedelta(days=14)
_VERDICT = re.compile(r"It was (\w+) and is (\w+) now\.")
_TONES = {
    Level.FAILING: Tone.CRITICAL,
    Level.WARNING: Tone.WARNING,
    Level.WATCH: Tone.WARNING,
}
_SERVER = aliased(Resource)


class StorageGathering:
    """Reads drives, pools and forecasts for one week."""

    def __init__(self, session: AsyncSession, week: Week) -> None:
        self._session = session
        self._week = week

    async def drives(self) -> dict[str, int]:
        """Return how many drives have which verdict."""
        rows = await self._session.execute(
            select(StorageDevice.level, func.count())
            .where(StorageDevice.state == DeviceState.PRESENT)
            .group_by(StorageDevice.level)
        )
        found = {str(level): number for level, number in rows}
        return {level.value: found.get(level.value, 0) for level in Level}

    async def full_soon(self) -> Section:
        """Return what is used up within three months, what is first first."""
        lines = await self._forecasts(SOON, Forecast.kind != ForecastKind.WEAR)
        calm = "Nothing is foreseen to be full within three months."
        return section("full_soon", "Full soon", calm, lines, path="/storage/forecasts")

    async def worn_soon(self) -> Section:
        """Return the drives that are worn out within two years."""
        lines = await self._forecasts(WORN_SOON, Forecast.kind == ForecastKind.WEAR)
        calm = "No drive is foreseen to be worn out within two years."
        return section("worn_soon", "Wearing out", calm, lines, path="/storage/forecasts")

    async def _forecasts(self, span: timedelta, kind: ColumnElement[bool]) -> list[Line]:
        rows = await self._session.execute(
            select(Forecast, Resource.name, _SERVER.name)
            .join(Resource, Resource.id == Forecast.resource_id)
            .join(_SERVER, _SERVER.id == func.coalesce(Resource.server_id, Resource.id))
            .where(kind, Forecast.full_at <= self._week.ended + span)
            .order_by(Forecast.full_at, Forecast.id)
        )
        return [self._forecast(row, name, server) for row, name, server in rows]

    def _forecast(self, row: Forecast, name: str, server: str) -> Line:
        is_wear, zone = row.kind == ForecastKind.WEAR, self._week.zone
        full_at = row.full_at or self._week.ended  # the query asks for those that have a date
        left = full_at - self._week.ended
        used = 100 * row.value / row.level if row.level > 0 else None
        date = f"{words.ahead(left)}, on {words.day(full_at, zone)}"
        between = ""
        if row.earliest_at and row.latest_at:
            first, last = words.day(row.earliest_at, zone), words.day(row.latest_at, zone)
            between = f" (between {first} and {last})" if first != last else ""
        return Line(
            what=(name if is_wear else row.subject or name),
            note=date + between,
            where=server,
            tone=Tone.CRITICAL if left <= _URGENT else Tone.WARNING,
            percent=used,
            path=f"/storage/forecasts/{row.id}",
        )

    async def worse_drives(self) -> Section:
        """Return the drives that were judged worse at the end of the week than at its beginning."""
        rows = await self._session.execute(
            select(StorageDeviceEvent, StorageDevice, MonitoredServer.name)
            .join(StorageDevice, StorageDevice.id == StorageDeviceEvent.device_id)
            .join(MonitoredServer, MonitoredServer.id == StorageDevice.server_id)
            .where(
                StorageDeviceEvent.at >= self._week.began,
                StorageDeviceEvent.at < self._week.ended,
                StorageDeviceEvent.kind.in_(("verdict", "gone")),
                StorageDevice.state != DeviceState.RETIRED,
            )
            .order_by(StorageDeviceEvent.at, StorageDeviceEvent.id)
        )
        first: dict[object, tuple[Level | None, StorageDevice, str]] = {}
        for event, drive, server in rows:
            first.setdefault(drive.id, (_level_before(event), drive, server))
        found = [
            (drive, self._worse(before, drive, server)) for before, drive, server in first.values()
        ]
        found.sort(key=lambda one: (-RANK[Level(one[0].known_level)], one[0].name))
        lines = [line for _, line in found if line is not None]
        calm = "No drive was judged worse."
        return section(
            "worse_drives", "Drives that got worse", calm, lines, path="/storage/devices"
        )

    def _worse(self, before: Level | None, drive: StorageDevice, server: str) -> Line | None:
        what = f"{drive.name} {drive.model}".strip()
        path = f"/storage/devices/{drive.id}"
        if drive.state == DeviceState.GONE:
            since = drive.missing_since
            gone = f", not seen since {words.day(since, self._week.zone)}" if since else ""
            return Line(what, f"gone{gone}", server, Tone.CRITICAL, path=path)
        # A drive that sleeps or cannot be read has not become worse.
        now = Level(drive.known_level)
        if before is None or RANK[now] <= RANK[before] or now not in _TONES:
            return None
        why = str(drive.reasons[0].get("message", "")) if drive.reasons else ""
        return Line(what, f"{before} → {now}. {why}".strip(), server, _TONES[now], path=path)

    async def pools(self) -> Section:
        """Return the pools that are not well, the worst first."""
        found = [
            (pool, line)
            for pool, server in await self._pools()
            if (line := self._pool(pool, server)) is not None
        ]
        found.sort(key=lambda one: (one[0].missing_since is None, -RANK[Level(one[0].level)]))
        calm = "Every pool is well."
        return section("pools", "Pools", calm, [line for _, line in found], path="/storage/pools")

    def _pool(self, pool: StoragePool, server: str) -> Line | None:
        path = f"/storage/pools/{pool.id}"
        if pool.missing_since is not None:
            note = f"gone since {words.minute(pool.missing_since, self._week.zone)}"
            return Line(pool.name, note, server, Tone.CRITICAL, path=path)
        said = [one["message"] for one in pool.reasons if one["topic"] != "scrub"]
        tone = _TONES.get(Level(pool.level))
        if not said or tone is None:
            return None
        return Line(pool.name, " ".join(said), server, tone, pool.used_percent, path)

    async def scrubs(self) -> Section:
        """Return the pools whose scrub is overdue, and planned tests that could not begin."""
        lines = [
            Line(
                what=pool.name,
                note=" ".join(one["message"] for one in pool.reasons if one["topic"] == "scrub"),
                where=server,
                tone=Tone.WARNING,
                path=f"/storage/pools/{pool.id}",
            )
            for pool, server in await self._pools()
            if any(one["topic"] == "scrub" for one in pool.reasons)
        ]
        lines += await self._overdue(known={line.path for line in lines})
        calm = "No scrub and no planned test is overdue."
        return section("scrubs", "Overdue scrubs and tests", calm, lines, path="/storage/upkeep")

    async def _overdue(self, known: set[str]) -> list[Line]:
        now = self._week.ended
        found = await plans(self._session, now)
        names = dict((await self._session.execute(_SERVER_NAMES)).all())
        lines = []
        for task in sorted(found.tasks, key=lambda one: (one.due_at, str(one.resource_id))):
            folder = "pools" if task.kind == "scrub" else "devices"
            path = f"/storage/{folder}/{task.resource_id}"
            if path in known or task.resource_id in found.running or not task.is_overdue(now):
                continue
            what = "scrub" if task.kind == "scrub" else f"{task.kind} self-test"
            lines.append(
                Line(
                    what=found.names[task.resource_id],
                    note=f"{what} due since {words.day(task.due_at, self._week.zone)}",
                    where=names.get(task.server_id, ""),
                    tone=Tone.WARNING,
                    path=path,
                )
            )
        return lines

    async def _pools(self) -> Sequence[tuple[StoragePool, str]]:
        rows = await self._session.execute(
            select(StoragePool, MonitoredServer.name)
            .join(MonitoredServer, MonitoredServer.id == StoragePool.server_id)
            .where(or_(StoragePool.level != Level.OK.value, StoragePool.missing_since.is_not(None)))
            .order_by(func.lower(StoragePool.name), StoragePool.id)
        )
        return rows.all()


_SERVER_NAMES = select(MonitoredServer.id, MonitoredServer.name)


def _level_before(event: StorageDeviceEvent) -> Level | None:
    """Return the verdict that the history says was before."""
    match = _VERDICT.match(event.message)
    return next((one for one in Level if match and one.value == match[1]), None)
