"""The few numbers of a server that lists and tiles show."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from pydantic import BaseModel
from pydantic_core import from_json

from app.services.infrastructure.facts.cpu import CpuTimes
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.facts.identity import Identity
from app.services.infrastructure.facts.load import Load
from app.services.infrastructure.facts.memory import Memory
from app.services.infrastructure.facts.sensors import Sensors
from app.services.infrastructure.facts.uptime import Uptime

SPARK_SECONDS = 3600
SPARK_STEP = 55  # about a point a minute, however often the server is asked


@dataclass(frozen=True, slots=True)
class Summary:
    """See `ServerSummary`, whose columns these are."""

    cpu_percent: float | None = None
    cpu_cores: int | None = None
    memory_percent: float | None = None
    memory_bytes: float | None = None
    swap_percent: float | None = None
    load1: float | None = None
    temperature_celsius: float | None = None
    filesystem_percent: float | None = None
    filesystem_mountpoint: str = ""
    uptime_seconds: float | None = None
    os_name: str = ""
    cpu_busy_seconds: float | None = None
    cpu_total_seconds: float | None = None
    spark: str = ""


COLUMNS = tuple(field.name for field in fields(Summary))


def summarise(values: Mapping[str, BaseModel], before: Summary, at: datetime) -> Summary:
    """Return the summary after a cycle; what the cycle did not read stays as it was."""
    found: dict[str, float | str | None] = {}
    for value in values.values():
        match value:
            case CpuTimes():
                found |= _cpu(before, value, at)
            case Memory():
                found |= _memory(value)
            case Load():
                found["load1"] = value.load1
            case Uptime():
                found["uptime_seconds"] = value.seconds
            case Identity():
                found["os_name"] = value.os[:200]
            case Sensors():
                hottest = max((one.celsius for one in value.temperatures), default=None)
                found["temperature_celsius"] = hottest
            case _:
                pass
    # Local and remote file systems are two facts, and the fullest of both counts.
    found |= _filesystems(values)
    return replace(before, **found)  # type: ignore[arg-type]  # the columns' names are in each part


def filesystem_percent(used: float, available: float) -> float | None:
    """Return the use as df shows it: what root keeps for itself counts as neither."""
    return 100.0 * used / (used + available) if used + available > 0 else None


def read_spark(text: str) -> tuple[list[int], list[float]]:
    """Return the times and the percentages of a stored spark line.

    An overview reads a thousand of them, so a parser in native code does it.
    """
    numbers = from_json(f"[{text.replace(':', ',')}]")
    return numbers[::2], numbers[1::2]


def _cpu(before: Summary, value: CpuTimes, at: datetime) -> dict[str, float | str | None]:
    idle = value.idle + value.iowait
    busy = value.user + value.nice + value.system + value.irq + value.softirq + value.steal
    total = busy + idle
    percent = before.cpu_percent
    if before.cpu_total_seconds is not None and before.cpu_busy_seconds is not None:
        passed = total - before.cpu_total_seconds
        # A reboot sets the counters back; then there is no percentage until the next cycle.
        percent = None
        if passed > 0 and busy >= before.cpu_busy_seconds:
            percent = round(min(100.0, 100.0 * (busy - before.cpu_busy_seconds) / passed), 1)
    return {
        "cpu_percent": percent,
        "cpu_cores": value.cores,
        "cpu_busy_seconds": busy,
        "cpu_total_seconds": total,
        "spark": _spark(before.spark, percent, int(at.timestamp())),
    }


def _spark(before: str, percent: float | None, at: int) -> str:
    points = [entry for entry in before.split(",") if entry]
    if percent is None:
        return before
    if points and at - int(points[-1].partition(":")[0]) < SPARK_STEP:
        return before
    kept = [entry for entry in points if int(entry.partition(":")[0]) > at - SPARK_SECONDS]
    return ",".join((*kept, f"{at}:{percent:g}"))


def _memory(value: Memory) -> dict[str, float | str | None]:
    reclaimable = max(0, (value.zfs_arc or 0) - (value.zfs_arc_min or 0))
    available = min(value.total, value.available + reclaimable)
    return {
        "memory_percent": _percent(value.total - available, value.total),
        "memory_bytes": float(value.total),
        "swap_percent": _percent(value.swap_total - value.swap_free, value.swap_total),
    }


def _filesystems(values: Mapping[str, BaseModel]) -> dict[str, float | str | None]:
    fullest: tuple[float, str] | None = None
    for value in values.values():
        if not isinstance(value, Filesystems):
            continue
        for one in value.filesystems:
            percent = filesystem_percent(one.used_bytes, one.available_bytes)
            if percent is not None and (fullest is None or percent > fullest[0]):
                fullest = (percent, one.mountpoint)
    if fullest is None:
        return {}
    return {
        "filesystem_percent": round(fullest[0], 1),
        "filesystem_mountpoint": fullest[1][:500],
    }


def _percent(part: float, whole: float) -> float | None:
    return round(100.0 * part / whole, 1) if whole > 0 else None
