"""smartctl's text as a report: versions before 7.0 know no JSON."""

import re

from app.kernel.text import printable
from app.services.infrastructure.facts.smart.error_logs import logged_errors_in_text
from app.services.infrastructure.facts.smart.report import (
    NvmeHealth,
    Protocol,
    ReadState,
    ScsiHealth,
    SmartReport,
    Temperatures,
    clean_serial,
    clean_wwn,
    told_temperature,
)
from app.services.infrastructure.facts.smart.text_tables import (
    attributes,
    error_counters,
    self_tests,
)

_BANNER = re.compile(r"^smartctl (?:version )?(\d+\.\d+)", re.MULTILINE)
_LINE = re.compile(r"^ {0,2}([A-Z][^:\n]{1,60}?)[ \t]*(?::|=)\s*(.*)$", re.MULTILINE)
_ERRORS = re.compile(r"^(?:ATA Error Count|Device Error Count): (\d+)", re.MULTILINE)
_LONGEST = 256
_MOST_DIGITS = 39
_NVME_FIELDS = {
    "critical_warning": "Critical Warning",
    "available_spare": "Available Spare",
    "available_spare_threshold": "Available Spare Threshold",
    "percentage_used": "Percentage Used",
    "data_units_read": "Data Units Read",
    "data_units_written": "Data Units Written",
    "host_reads": "Host Read Commands",
    "host_writes": "Host Write Commands",
    "controller_busy_minutes": "Controller Busy Time",
    "power_cycles": "Power Cycles",
    "power_on_hours": "Power On Hours",
    "unsafe_shutdowns": "Unsafe Shutdowns",
    "media_errors": "Media and Data Integrity Errors",
    "error_log_entries": "Error Information Log Entries",
    "warning_temperature_minutes": "Warning  Comp. Temperature Time",
    "critical_temperature_minutes": "Critical Comp. Temperature Time",
}
Lines = dict[str, str]


def is_smartctl(text: str) -> bool:
    """Say whether smartctl wrote this."""
    return _BANNER.search(text[:4096]) is not None


def report_of(text: str) -> SmartReport:
    """Read the text of `smartctl -x` or `-a`."""
    lines = _named(text)
    nvme, table = _nvme(lines, text), attributes(text)
    tests = self_tests(text)
    return SmartReport(
        state=ReadState.READ,
        tool_version=match[1] if (match := _BANNER.search(text)) else "",
        protocol=_protocol(lines, has_nvme=nvme is not None, has_table=table is not None),
        model=_model(lines),
        family=lines.get("Model Family", ""),
        serial=clean_serial(lines.get("Serial Number") or lines.get("Serial number", "")),
        firmware=lines.get("Firmware Version") or lines.get("Revision", ""),
        wwn=clean_wwn(_wwn(lines)),
        capacity_bytes=_capacity(lines),
        logical_block_bytes=_whole(
            lines.get("Logical block size") or lines.get("Sector Sizes") or lines.get("Sector Size")
        ),
        rotation_rpm=_rotation(lines),
        form_factor=lines.get("Form Factor", ""),
        interface=lines.get("SATA Version is") or lines.get("Transport protocol", ""),
        is_in_database=_in_database(lines),
        passed=_passed(lines),
        is_guessed="based on an Attribute check" in text,
        temperature=_temperatures(lines, text),
        power_on_hours=_power_on_hours(lines, nvme, text),
        power_cycles=nvme.power_cycles if nvme else None,
        attributes=table,
        nvme=nvme,
        scsi=_scsi(lines, text),
        self_tests=tests,
        error_log_count=_error_log(text),
        errors=logged_errors_in_text(text),
    )


def _named(text: str) -> Lines:
    """Return the lines `name: value`; of a name that comes twice the first counts."""
    found: Lines = {}
    for name, value in _LINE.findall(text):
        found.setdefault(name, printable(value[:_LONGEST]).strip())
    return found


def _whole(text: str | None) -> int | None:
    """Return the first number; thousands may be set apart by commas, dots, spaces or quotes."""
    match = re.match(r"\s*(0x[0-9a-fA-F]{1,16}|\d[\d.,' \u00a0\u202f]*)", text or "")
    if match is None:
        return None
    if match[1].startswith("0x"):
        return int(match[1], 16)
    digits = re.sub(r"\D", "", match[1])
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _protocol(lines: Lines, *, has_nvme: bool, has_table: bool) -> Protocol:
    if has_nvme or "NVMe Version" in lines or "Model Number" in lines:
        return Protocol.NVME
    if has_table or "Device Model" in lines or "ATA Version is" in lines:
        return Protocol.ATA
    if "SMART Health Status" in lines or "Product" in lines or "Transport protocol" in lines:
        return Protocol.SCSI
    return Protocol.UNKNOWN


def _model(lines: Lines) -> str:
    for name in ("Device Model", "Model Number"):
        if lines.get(name):
            return lines[name]
    return f"{lines.get('Vendor', '')} {lines.get('Product', '')}".strip() or lines.get(
        "Device", ""
    )


def _wwn(lines: Lines) -> str:
    for name in ("LU WWN Device Id", "Logical Unit id", "Namespace 1 IEEE EUI-64"):
        if lines.get(name):
            return lines[name]
    return ""


def _capacity(lines: Lines) -> int | None:
    for name in ("User Capacity", "Total NVM Capacity", "Namespace 1 Size/Capacity"):
        if lines.get(name):
            return _whole(lines[name].partition("bytes")[0].partition("[")[0])
    return None


def _rotation(lines: Lines) -> int | None:
    text = lines.get("Rotation Rate", "")
    return 0 if "Solid State" in text else _whole(text)


def _in_database(lines: Lines) -> bool | None:
    text = lines.get("Device is")
    return None if text is None else text.startswith("In smartctl database")


def _passed(lines: Lines) -> bool | None:
    for name in ("SMART overall-health self-assessment test result", "SMART Health Status"):
        word = lines.get(name, "").upper()
        if word.startswith(("PASSED", "OK")):
            return True
        if word.startswith("FAIL") or (word and name == "SMART Health Status"):
            return False
    return None


def _temperatures(lines: Lines, text: str) -> Temperatures:
    current = lines.get("Current Drive Temperature") or lines.get("Current Temperature")
    nvme = re.search(r"^Temperature:\s+(\d+) Celsius", text, re.MULTILINE)
    found = nvme[1] if nvme else current
    if found is None:
        row = re.search(
            r"^ *19[04] \S+ .*?(?:Always|-|Past|In_the_past) +(\d+)", text, re.MULTILINE
        )
        found = row[1] if row else None
    return Temperatures(
        current=told_temperature(_small(found), _small(lines.get("Drive Trip Temperature"))),
        warning_limit=_small(lines.get("Warning  Comp. Temp. Threshold")),
        critical_limit=_small(
            lines.get("Critical Comp. Temp. Threshold") or lines.get("Drive Trip Temperature")
        ),
    )


def _small(text: str | None) -> int | None:
    match = re.match(r"\s*(\d{1,9})\b", text or "")
    return int(match[1]) if match else None


def _power_on_hours(lines: Lines, nvme: NvmeHealth | None, text: str) -> int | None:
    if nvme:
        return nvme.power_on_hours
    row = re.search(
        r"^ *9 Power_On\S* .* (?:Always|-) +(?:-|NOW|Past)? *(\d{1,9})", text, re.MULTILINE
    )
    if row:
        return int(row[1])
    return _small(
        lines.get("Accumulated power on time, hours") or lines.get("number of hours powered up")
    )


def _nvme(lines: Lines, text: str) -> NvmeHealth | None:
    if "NVMe Log 0x02" not in text and "NVMe Log 02" not in text:
        return None
    values = {field: _whole(lines.get(name)) for field, name in _NVME_FIELDS.items()}
    sensors = [_small(lines.get(f"Temperature Sensor {number}")) for number in range(1, 9)]
    return NvmeHealth.model_validate(
        {**values, "sensors": [one for one in sensors if one is not None]}
    )


def _scsi(lines: Lines, text: str) -> ScsiHealth | None:
    counters = error_counters(text)
    defects = _whole(lines.get("Elements in grown defect list"))
    if not counters and defects is None:
        return None
    return ScsiHealth(
        grown_defects=defects,
        pending_defects=_whole(lines.get("Pending defect count")),
        non_medium_errors=_whole(lines.get("Non-medium error count")),
        endurance_used_percent=_small(lines.get("Percentage used endurance indicator")),
        counters=counters,
    )


def _error_log(text: str) -> int | None:
    match = _ERRORS.search(text)
    if match:
        return int(match[1][:9])
    return 0 if "No Errors Logged" in text else None
