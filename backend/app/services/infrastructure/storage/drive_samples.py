"""The numbers of a drive that are kept over time, under smartctl_exporter's names."""

from app.services.core.facts import Sample
from app.services.infrastructure.facts.smart.report import SmartReport
from app.services.infrastructure.storage.signals import (
    attribute_count,
    power_on_hours,
    wear_percent,
    written_bytes,
)

_PREFIX = "smartctl_device_"
_HOT = 200
_MOST_ATTRIBUTES = 40
_SECONDS = 3600


def samples_of(report: SmartReport) -> list[Sample]:
    """Return the numbers of one report; none of them is a rate."""
    numbers: dict[str, tuple[float | None, str]] = {
        "power_on_seconds": (_times(power_on_hours(report), _SECONDS), "seconds"),
        "percentage_used": (wear_percent(report), "percent"),
        "bytes_written": (written_bytes(report), "bytes"),
        "power_cycle_count": (report.power_cycles, ""),
        "error_log_count": (report.error_log_count, ""),
        "smart_status": (None if report.passed is None else float(report.passed), ""),
    }
    if report.nvme is not None:
        numbers |= {
            "available_spare": (report.nvme.available_spare, "percent"),
            "media_errors": (report.nvme.media_errors, ""),
            "critical_warning": (report.nvme.critical_warning, ""),
            "unsafe_shutdowns": (report.nvme.unsafe_shutdowns, ""),
        }
    if report.scsi is not None:
        numbers["grown_defect_list_count"] = (report.scsi.grown_defects, "")
    found = [
        Sample(_PREFIX + name, float(value), unit=unit)
        for name, (value, unit) in numbers.items()
        if value is not None
    ]
    current = report.temperature.current
    if current is not None and current < _HOT:
        labels = (("temperature_type", "current"),)
        found.append(Sample(f"{_PREFIX}temperature", float(current), labels, unit="celsius"))
    return found + _errors(report) + _attributes(report)


def _times(value: int | None, factor: int) -> int | None:
    return None if value is None else value * factor


def _errors(report: SmartReport) -> list[Sample]:
    return [
        Sample(f"{_PREFIX}{row.operation}_total_uncorrected_errors", float(row.uncorrected))
        for row in (report.scsi.counters if report.scsi else ())
        if row.uncorrected is not None
    ]


def _attributes(report: SmartReport) -> list[Sample]:
    """Keep each id once; some drives list one twice."""
    found: dict[tuple[int, str], Sample] = {}
    for one in (report.attributes or [])[:_MOST_ATTRIBUTES]:
        labels = (("attribute_id", str(one.id)), ("attribute_name", one.name))
        for kind, value in (("raw", attribute_count(one)), ("value", one.value)):
            if value is not None:
                sample = Sample(
                    f"{_PREFIX}attribute", float(value), (*labels, ("attribute_value_type", kind))
                )
                found.setdefault((one.id, kind), sample)
    return list(found.values())
