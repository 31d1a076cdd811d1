"""Drives as people read them: the list with its filters, one with all its values, its history."""

import uuid
from collections.abc import Iterator, Sequence

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import NotFound
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.schemas.base import Page, PageQuery
from app.schemas.infrastructure.storage_device import (
    AttributeRead,
    DeviceDetail,
    DeviceEventRead,
    DeviceQuery,
    DeviceRead,
    DeviceSummary,
    FieldRead,
    LevelCount,
    LimitRead,
    LoggedErrorRead,
    OpinionRead,
    ReasonRead,
    RuleRead,
    SelfTestRead,
)
from app.services.core.queries import contains, sorted_by
from app.services.infrastructure.facts.smart.report import ReadState, SmartReport
from app.services.infrastructure.storage.rows import name_of, report_of, said_of
from app.services.infrastructure.storage.rules import RANK, RULES, Level, Rule
from app.services.infrastructure.storage.second_opinions import second_opinions
from app.services.infrastructure.storage.signals import attribute_signal

_IS_GONE = StorageDevice.state == DeviceState.GONE
# What is gone is as bad as what fails; the verdict of before says nothing of it.
_WORST_FIRST = case(
    (_IS_GONE, -RANK[Level.FAILING]),
    *((StorageDevice.level == level.value, -rank) for level, rank in RANK.items()),
    else_=0,
)
_IS_ILL = and_(
    StorageDevice.state == DeviceState.PRESENT,
    StorageDevice.level.in_([Level.WARNING.value, Level.FAILING.value]),
)
_MOST_STATISTICS = 80
_SORTS = {
    "name": StorageDevice.name,
    "model": func.lower(StorageDevice.model),
    "server": func.lower(MonitoredServer.name),
    "level": _WORST_FIRST,
    "capacity": StorageDevice.capacity_bytes,
    "temperature": StorageDevice.temperature_celsius,
    "wear": StorageDevice.wear_percent,
    "hours": StorageDevice.power_on_hours,
    "written": StorageDevice.written_bytes,
    "last_seen_at": StorageDevice.last_seen_at,
}


class DeviceNotFound(NotFound):
    """No drive has this id."""


class DeviceList:
    """Reads drives; the number of queries does not grow with the rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: DeviceQuery) -> Page[DeviceRead]:
        """Search drives by model, serial number, name or server."""
        wanted = _wanted(query)
        total = await self._session.scalar(
            select(func.count(StorageDevice.id))
            .join(MonitoredServer, MonitoredServer.id == StorageDevice.server_id)
            .where(*wanted)
        )
        rows = await self._session.execute(
            select(StorageDevice, MonitoredServer.name)
            .join(MonitoredServer, MonitoredServer.id == StorageDevice.server_id)
            .where(*wanted)
            .order_by(*sorted_by(query.sort or "level", _SORTS, StorageDevice.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[DeviceRead](
            items=[DeviceRead.model_validate(_plain(row, server)) for row, server in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, device_id: uuid.UUID) -> DeviceDetail:
        """Return one drive with everything that is known of it."""
        found = (
            await self._session.execute(
                select(StorageDevice, MonitoredServer.name)
                .join(MonitoredServer, MonitoredServer.id == StorageDevice.server_id)
                .where(StorageDevice.id == device_id)
            )
        ).one_or_none()
        if found is None:
            raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
        row, server = found
        report = report_of(row) or SmartReport(state=ReadState.ABSENT)
        return DeviceDetail.model_validate({**_plain(row, server), **_detailed(row, report)})

    async def events(self, device_id: uuid.UUID, query: PageQuery) -> Page[DeviceEventRead]:
        """Return the history of a drive, the newest first."""
        if await self._session.get(StorageDevice, device_id) is None:
            raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
        mine = StorageDeviceEvent.device_id == device_id
        total = await self._session.scalar(select(func.count(StorageDeviceEvent.id)).where(mine))
        rows = await self._session.scalars(
            select(StorageDeviceEvent)
            .where(mine)
            .order_by(StorageDeviceEvent.at.desc(), StorageDeviceEvent.id.desc())
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[DeviceEventRead](
            items=[DeviceEventRead.model_validate(row) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def summary(self) -> DeviceSummary:
        """Count the drives by verdict."""
        kept = StorageDevice.state != DeviceState.RETIRED
        counts = dict(
            (
                await self._session.execute(
                    select(StorageDevice.level, func.count(StorageDevice.id))
                    .where(kept)
                    .group_by(StorageDevice.level)
                )
            ).all()
        )
        away = case((StorageDevice.state != DeviceState.PRESENT, 1), else_=0)
        size, missing, hottest, worn = (
            await self._session.execute(
                select(
                    func.sum(StorageDevice.capacity_bytes),
                    func.sum(away),
                    func.max(StorageDevice.temperature_celsius),
                    func.max(StorageDevice.wear_percent),
                ).where(kept)
            )
        ).one()
        return DeviceSummary(
            total=sum(counts.values()),
            capacity_bytes=int(size or 0),
            levels=[LevelCount(level=one, count=counts.get(one, 0)) for one in Level],
            missing=int(missing or 0),
            hottest_celsius=hottest,
            most_worn_percent=worn,
        )


def _wanted(query: DeviceQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.state is not None:
        wanted.append(StorageDevice.state == query.state)
    else:
        wanted.append(StorageDevice.state != DeviceState.RETIRED)
    if query.level:
        wanted.append(StorageDevice.level == query.level)
    if query.media:
        wanted.append(StorageDevice.media == query.media)
    if query.attention:
        wanted.append(or_(_IS_GONE, _IS_ILL))
    if query.server_id:
        wanted.append(StorageDevice.server_id == query.server_id)
    if query.q:
        wanted.append(
            or_(
                contains(StorageDevice.model, query.q),
                contains(StorageDevice.serial, query.q),
                contains(StorageDevice.smart_serial, query.q),
                contains(StorageDevice.name, query.q),
                contains(MonitoredServer.name, query.q),
            )
        )
    return wanted


_OWN = ("server_name", "title", "serial", "reasons")
_COLUMNS = tuple(name for name in DeviceRead.model_fields if name not in _OWN)


def _plain(row: StorageDevice, server: str) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "server_name": server,
        "title": name_of(row),
        "serial": row.smart_serial or row.serial,
        "reasons": [ReasonRead.model_validate(entry) for entry in row.reasons],
    }


def _detailed(row: StorageDevice, report: SmartReport) -> dict[str, object]:
    said = said_of(row)
    return {
        **{name: getattr(row, name) for name in _DETAIL_COLUMNS},
        "protocol": report.protocol.value,
        "family": report.family,
        "interface": report.interface,
        "rotation_rpm": report.rotation_rpm,
        "tool_version": report.tool_version,
        "passed": report.passed,
        "temperature_warning": report.temperature.warning_limit,
        "temperature_critical": report.temperature.critical_limit,
        "error_log_count": report.error_log_count,
        "errors": [LoggedErrorRead.model_validate(one.model_dump()) for one in report.errors],
        "attributes": list(_attributes(report)),
        "fields": list(_fields(report)),
        "self_tests": [
            SelfTestRead.model_validate(one.model_dump(mode="json"))
            for one in report.self_tests or []
        ],
        "self_test_running_percent": report.self_test_running_percent,
        "opinions": [
            OpinionRead(who=one.who, opinion=one.opinion.value, why=one.why)
            for one in second_opinions(report)
        ],
        "limits": [
            LimitRead(
                code=code,
                is_ignored=one.is_ignored,
                watch=one.watch,
                warning=one.warning,
                failing=one.failing,
            )
            for code, one in sorted(said.overrides.items())
        ],
    }


_DETAIL_COLUMNS = (
    "identity",
    "path",
    "smart_type",
    "address",
    "short_test_days",
    "long_test_days",
    "short_test_at",
    "long_test_at",
    "replaced_by_id",
)


def _attributes(report: SmartReport) -> Iterator[AttributeRead]:
    for one in report.attributes or []:
        signal = attribute_signal(one, has_platters=not report.is_solid_state)
        yield AttributeRead(
            id=one.id,
            name=one.name,
            value=one.value,
            worst=one.worst,
            threshold=one.threshold,
            raw=one.raw_text or str(one.raw if one.raw is not None else ""),
            when_failed=one.when_failed,
            is_scored=bool(signal),
        )


def _fields(report: SmartReport) -> Iterator[FieldRead]:
    parts: Sequence[tuple[str, BaseModel | None]] = (("", report.nvme), ("", report.scsi))
    for prefix, part in parts:
        if part is not None:
            yield from _flat(prefix, part)
    for row in report.scsi.counters if report.scsi else ():
        yield from _flat(f"{row.operation} ", row)
    for one in report.statistics[:_MOST_STATISTICS]:
        unit = " %" if one.is_normalized else ""
        yield FieldRead(
            name=one.name or f"page {one.page}, {one.offset}", value=f"{one.value:,}{unit}"
        )


def _flat(prefix: str, part: BaseModel) -> Iterator[FieldRead]:
    for name, value in part:
        if isinstance(value, int | float):
            yield FieldRead(name=prefix + name.replace("_", " "), value=f"{value:,}")


def rules() -> list[RuleRead]:
    """Return the rules, as the page about them shows."""
    return [_rule(rule) for rule in RULES]


def _rule(rule: Rule) -> RuleRead:
    return RuleRead(
        code=rule.code,
        what=rule.what.format(value="N"),
        source=rule.source,
        fix=rule.fix.format(device="DEVICE"),
        steps=[f"from {limit}: {level.value}" for limit, level in rule.steps],
        growth=rule.growth.value if rule.growth else None,
        rates=[f"{one.amount} in {one.days} days: {one.level.value}" for one in rule.rates],
        only=rule.only,
    )
