"""From the reports of a round to the rows of the drives: verdict, memory, numbers."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter, Point
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.drive_round import DriveAnswer, DriveReadings
from app.services.infrastructure.facts.smart.report import ReadState, SmartReport
from app.services.infrastructure.storage.drive_samples import samples_of
from app.services.infrastructure.storage.identity import identify, is_same_size
from app.services.infrastructure.storage.register import Register
from app.services.infrastructure.storage.rows import (
    name_of,
    remembered_of,
    report_of,
    said_of,
    stamp_of,
)
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.sightings import media_of, place_of, seen_by_smartctl
from app.services.infrastructure.storage.signals import (
    Signals,
    power_on_hours,
    signals_of,
    wear_percent,
    written_bytes,
)
from app.services.infrastructure.storage.verdicts import (
    DeviceVerdict,
    Reason,
    judge_drive,
)

_REMEMBERED = timedelta(days=8)
_APART = timedelta(hours=3)
_MOST_POINTS = 64
_LARGEST = 2**62  # what a column holds
_HOT = 200
_MOST_WORN = 255  # percent; NVMe has no more
# A verdict of a day ago still stands where a drive's turn has not come since.
_STANDS = timedelta(days=1)


class DriveReader:
    """Stores the reports of rounds. One for a process: it keeps the names of the series."""

    def __init__(self, slow: timedelta) -> None:
        self._cache = SeriesCache()
        self._slow = slow

    async def store(
        self, session: AsyncSession, register: Register, result: CycleResult
    ) -> Sequence[Point]:
        """Write what a round on one server brought; return what was measured."""
        readings = result.drives
        if readings is None:
            return ()
        server_id, at = result.claim.server_id, result.started_at
        rows = await register.of_server(server_id)
        placed, by_name = _placed(rows, readings.boards), dict[str, StorageDevice]()
        if readings.refusal is not None:
            _note_refused(rows, placed, readings, at)
        else:
            placed = _once_each(_placed(rows, readings.answers)) | placed
            by_name = await _enter_hidden(session, register, server_id, placed)
            _note_unlisted(rows, placed, at)
        batches: list[Batch] = []
        for place, (answer, found) in placed.items():
            target = found or by_name.get(place)
            if target is not None:
                called = name_of(target)
                store_report(target, answer, at, register)
                await register.follow_name(target, called)
                batches += self._batches(target, answer.report, at)
        if not batches:
            return ()
        await session.flush()
        return await MetricWriter(session, self._cache).append(batches)

    def _batches(self, row: StorageDevice, report: SmartReport, at: datetime) -> Iterator[Batch]:
        samples = samples_of(report) if report.state is ReadState.READ else []
        if samples:
            yield Batch(row.id, at, samples, self._slow)


Placed = dict[str, tuple[DriveAnswer, StorageDevice | None]]


async def _enter_hidden(
    session: AsyncSession, register: Register, server_id: uuid.UUID, placed: Placed
) -> dict[str, StorageDevice]:
    """Enter the drives that smartctl alone sees; return them by their place."""
    hidden = [
        seen_by_smartctl(place, answer.report)
        for place, (answer, row) in placed.items()
        if row is None and _is_a_drive(answer)
    ]
    matches = identify(server_id, hidden, register.known())
    entered = await register.enter(server_id, matches, behind_controller=True)
    await session.flush()  # a new row has its defaults only then
    return {row.name: row for row in entered}


def _placed(rows: Sequence[StorageDevice], answers: Sequence[DriveAnswer]) -> Placed:
    """Put each answer to the drive that stands in its place."""
    here = {
        row.name: row
        for row in rows
        if row.state == DeviceState.PRESENT and not row.is_behind_controller
    }
    found: Placed = {}
    for answer in answers:
        place = place_of(answer.device, here)
        found.setdefault(place, (answer, here.get(place)))
    return found


def _once_each(placed: Placed) -> Placed:
    """Give a drive that is found by several ways to the one that the kernel lists.

    Controllers that pass disks through show them in their slots, too, and disks of SAS have two
    paths. The first way that tells of its health counts.
    """
    listed = Counter(
        serial for _, row in placed.values() if row is not None for serial in _serials(row)
    )
    by_serial = {
        serial: place
        for place, (answer, row) in placed.items()
        if row is not None
        for serial in {*_serials(row), answer.report.serial.lower()} - {""}
        if listed[serial] <= 1
    }
    found = {place: one for place, one in placed.items() if one[1] is not None}
    for place, (answer, row) in placed.items():
        if row is not None:
            continue
        other = by_serial.get(answer.report.serial.lower()) if _is_a_drive(answer) else None
        twin = found.get(other) if other is not None else None
        if twin is None or other is None or not _are_alike(twin[1], answer.report):
            found[place] = answer, row
        elif not _is_a_drive(twin[0]):
            found[other] = answer, twin[1]
    return found


def _serials(row: StorageDevice) -> set[str]:
    return {row.serial.lower(), row.smart_serial.lower()} - {""}


def _are_alike(row: StorageDevice | None, report: SmartReport) -> bool:
    """Tell one drive from another to which its case gives the same serial number."""
    size = row.capacity_bytes if row is not None else None
    return not size or not report.capacity_bytes or is_same_size(size, report.capacity_bytes)


def _is_a_drive(answer: DriveAnswer) -> bool:
    """Take what smartctl alone sees for a drive only when it told who it is."""
    report = answer.report
    return report.state is ReadState.READ and bool(report.serial or report.wwn)


def _note_unread(row: StorageDevice, state: ReadState, detail: str, at: datetime) -> None:
    if row.state != DeviceState.PRESENT:
        return
    row.asked_at, row.read_state, row.read_detail = at, state.value, detail[:400]
    _set_level(row, DeviceVerdict(Level.UNKNOWN, unknown=detail), at)


def _note_refused(
    rows: Sequence[StorageDevice], placed: Placed, readings: DriveReadings, at: datetime
) -> None:
    for row in rows:
        if row.name not in placed and readings.refusal is not None:
            _note_unread(row, readings.refusal, readings.detail, at)


def _note_unlisted(rows: Sequence[StorageDevice], placed: Placed, at: datetime) -> None:
    """Say of a drive that smartctl did not list why it is not known: a virtual disk, mostly."""
    for row in rows:
        if row.name not in placed and not row.is_behind_controller:
            _note_unread(row, ReadState.UNSUPPORTED, "smartctl does not see it.", at)


def store_report(
    row: StorageDevice, answer: DriveAnswer, at: datetime, register: Register | None = None
) -> None:
    """Write a report into a drive's row, and judge it by what is remembered."""
    report = answer.report
    if report.state is ReadState.NOT_REACHED and row.read_at and at - row.read_at < _STANDS:
        return
    slept = row.read_state == ReadState.STANDBY
    row.path, row.smart_type = answer.device.name[:256], answer.device.type[:60]
    row.asked_at, row.read_state, row.read_detail = at, report.state.value, report.detail[:400]
    before = row.known_level if slept else row.level
    verdict = judge_drive(report, at, remembered_of(row), said_of(row))
    if report.state is ReadState.READ:
        _describe(row, report)
        _remember(row, signals_of(report), at)
        row.read_at, row.report = at, report.model_dump_json(exclude_defaults=True)
        row.reasons = [_as_json(reason) for reason in verdict.reasons]
    _set_level(row, verdict, at)
    # That a disk falls asleep and wakes is no news of its health.
    is_quiet = report.state is ReadState.STANDBY
    if register is not None and before != row.level and not is_quiet:
        why = verdict.reasons[0].message if verdict.reasons else verdict.unknown
        register.tell(row, "verdict", f"It was {before} and is {row.level} now. {why}".strip())


def _set_level(row: StorageDevice, verdict: DeviceVerdict, at: datetime) -> None:
    if row.level != verdict.level.value or row.level_since is None:
        row.level, row.level_since = verdict.level.value, at
    if verdict.level is not Level.UNKNOWN:
        row.known_level = verdict.level.value
    row.unknown_reason = verdict.unknown[:400]


def _describe(row: StorageDevice, report: SmartReport) -> None:
    row.smart_serial = report.serial or row.smart_serial
    row.model = report.model or row.model
    row.firmware = report.firmware or row.firmware
    row.wwn = row.wwn or report.wwn
    row.media = media_of(report) or row.media
    row.capacity_bytes = _bounded(report.capacity_bytes) or row.capacity_bytes
    current = report.temperature.current
    row.temperature_celsius = current if current is not None and current < _HOT else None
    wear = wear_percent(report)
    row.wear_percent = None if wear is None else min(wear, _MOST_WORN)
    row.power_on_hours = power_on_hours(report)
    written = written_bytes(report)
    row.written_bytes = None if written is None else float(written)


def _bounded(number: int | None) -> int | None:
    return number if number is not None and number < _LARGEST else None


def _remember(row: StorageDevice, signals: Signals, at: datetime) -> None:
    # Numbers beyond 64 bits are noise, and not all databases can keep them.
    kept = {name: min(value, _LARGEST) for name, value in signals.items()}
    row.baseline = {**kept, **row.baseline}
    oldest = (at - _REMEMBERED).timestamp()
    recent = [point for point in row.recent if stamp_of(point) >= oldest]
    if not recent or at.timestamp() - stamp_of(recent[-1]) >= _APART.total_seconds():
        recent.append([at.timestamp(), kept])
    row.recent = recent[-_MOST_POINTS:]


def judge_again(row: StorageDevice, at: datetime) -> None:
    """Judge the stored report anew, after somebody acknowledged a value or set a limit."""
    report = report_of(row)
    if report is None:
        return
    verdict = judge_drive(report, at, remembered_of(row), said_of(row))
    row.reasons = [_as_json(reason) for reason in verdict.reasons]
    if row.read_state == ReadState.READ:
        _set_level(row, verdict, at)
    elif verdict.level is not Level.UNKNOWN:
        row.known_level = verdict.level.value


def _as_json(reason: Reason) -> dict[str, object]:
    bounded = replace(reason, value=min(reason.value, _LARGEST))
    return {
        "code": bounded.code,
        "level": bounded.level.value,
        "message": bounded.message,
        "value": bounded.value,
        "source": bounded.source,
        "fix": bounded.fix,
        "baseline": bounded.baseline,
        "is_acknowledged": bounded.is_acknowledged,
    }
