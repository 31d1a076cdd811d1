"""What the row of a drive holds, as the rules, the alerts and people take it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.services.infrastructure.facts.smart.report import (
    ReadState,
    SmartReport,
    smartctl_name,
)
from app.services.infrastructure.storage.conditions import DriveView
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.verdicts import Override, Reason, Remembered, Said


def stamp_of(point: Sequence[object]) -> float:
    """Return when a remembered point was taken, in seconds since 1970."""
    return float(cast("float", point[0]))


def remembered_of(row: StorageDevice) -> Remembered:
    """Return what the rules may know of a drive's past."""
    recent = tuple(
        (datetime.fromtimestamp(stamp_of(point), UTC), cast("Mapping[str, int]", point[1]))
        for point in row.recent
    )
    return Remembered(row.baseline, recent)


def said_of(row: StorageDevice) -> Said:
    """Return what people have said about a drive."""
    acknowledged = {
        code: value
        for code, entry in row.acknowledged.items()
        if isinstance(value := entry.get("value"), int)
    }
    overrides = {code: _override(entry) for code, entry in row.overrides.items()}
    return Said(acknowledged, overrides)


def _override(entry: Mapping[str, object]) -> Override:
    def limit(name: str) -> int | None:
        value = entry.get(name)
        return value if isinstance(value, int) else None

    return Override(
        is_ignored=entry.get("is_ignored") is True,
        watch=limit("watch"),
        warning=limit("warning"),
        failing=limit("failing"),
    )


def view_of(row: StorageDevice) -> DriveView:
    """Return what the alert engine is told from."""
    return DriveView(
        id=row.id,
        name=name_of(row),
        state=DeviceState(row.state),
        read_state=ReadState(row.read_state) if row.read_state else None,
        read_detail=row.read_detail,
        path=smartctl_name(row.path, row.smart_type),
        place=row.name,
        missing_since=row.missing_since,
        read_at=row.read_at,
        reasons=[reason_of(entry) for entry in row.reasons],
    )


def reason_of(entry: Mapping[str, object]) -> Reason:
    """Read a reason as it is stored."""
    baseline = entry.get("baseline")
    return Reason(
        code=str(entry["code"]),
        level=Level(str(entry["level"])),
        message=str(entry["message"]),
        value=int(str(entry["value"])),
        source=str(entry["source"]),
        fix=str(entry["fix"]),
        baseline=baseline if isinstance(baseline, int) else None,
        is_acknowledged=entry["is_acknowledged"] is True,
    )


def name_of(row: StorageDevice) -> str:
    """Return how people call a drive."""
    described = " ".join(part for part in (row.model, row.smart_serial or row.serial) if part)
    return f"{described} ({row.name})" if described else row.name


def report_of(row: StorageDevice) -> SmartReport | None:
    """Return the newest report that could be read."""
    return SmartReport.model_validate_json(row.report) if row.report else None
