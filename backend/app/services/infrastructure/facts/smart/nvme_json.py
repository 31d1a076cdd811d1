"""The NVMe health log and self-tests, as smartctl and nvme-cli print them in JSON."""

from collections.abc import Mapping

from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.report import NvmeHealth, SelfTest, SelfTestOutcome

# The fields of the log by their names in smartctl, and in nvme-cli where that differs.
_SMARTCTL: Mapping[str, str] = {
    "critical_warning": "critical_warning",
    "available_spare": "available_spare",
    "available_spare_threshold": "available_spare_threshold",
    "percentage_used": "percentage_used",
    "data_units_read": "data_units_read",
    "data_units_written": "data_units_written",
    "host_reads": "host_reads",
    "host_writes": "host_writes",
    "controller_busy_minutes": "controller_busy_time",
    "power_cycles": "power_cycles",
    "power_on_hours": "power_on_hours",
    "unsafe_shutdowns": "unsafe_shutdowns",
    "media_errors": "media_errors",
    "error_log_entries": "num_err_log_entries",
    "warning_temperature_minutes": "warning_temp_time",
    "critical_temperature_minutes": "critical_comp_time",
}
_NVME_CLI: Mapping[str, str] = {
    **_SMARTCTL,
    "available_spare": "avail_spare",
    "available_spare_threshold": "spare_thresh",
    "percentage_used": "percent_used",
    "host_reads": "host_read_commands",
    "host_writes": "host_write_commands",
}
# NVMe base specification, "Device Self-test Result": 5 to 7 are failures, 15 is an unused entry.
_RESULTS = {
    0: SelfTestOutcome.PASSED,
    1: SelfTestOutcome.ABORTED,
    2: SelfTestOutcome.INTERRUPTED,
    3: SelfTestOutcome.ABORTED,
    4: SelfTestOutcome.ABORTED,
    5: SelfTestOutcome.FAILED,
    6: SelfTestOutcome.FAILED,
    7: SelfTestOutcome.FAILED,
    8: SelfTestOutcome.ABORTED,
    9: SelfTestOutcome.ABORTED,
}
_KINDS = {1: "Short", 2: "Extended"}
_FAILURES = {
    5: "Fatal error: the test could not be completed",
    6: "Completed: failed in a segment that is not known",
    7: "Completed: failed segments",
}
_UNUSED = 15
_MOST_SENSORS = 8
_HOTTEST = 200  # a sensor that is not there answers with the largest number


def health(document: Node) -> NvmeHealth | None:
    """Read the log of smartctl; None where the drive gave none."""
    log = document.at("nvme_smart_health_information_log")
    if not log.names():
        return None
    found = _fields(log, _SMARTCTL)
    sensors = [sensor.count() for sensor in log.at("temperature_sensors").items()]
    return found.model_copy(update={"sensors": _plausible(sensors)})


def health_of_nvme_cli(log: Node) -> NvmeHealth:
    """Read the log of `nvme smart-log -o json`; its temperatures are in Kelvin."""
    found = _fields(log, _NVME_CLI)
    if found.critical_warning is None:
        # Newer versions print the byte as an object with its value and a flag for each bit.
        value = log.at("critical_warning", "value").count()
        found = found.model_copy(update={"critical_warning": value})
    kelvin = [log.at(f"temperature_sensor_{number}").count() for number in range(1, 9)]
    sensors = [None if one is None or not one else celsius(one) for one in kelvin]
    return found.model_copy(update={"sensors": _plausible(sensors)})


def celsius(kelvin: int) -> int:
    """Return degrees Celsius, as the whole numbers that all tools print."""
    return kelvin - 273


def _fields(log: Node, names: Mapping[str, str]) -> NvmeHealth:
    values = {field: log.at(name).count() for field, name in names.items()}
    return NvmeHealth.model_validate(values)


def _plausible(sensors: list[int | None]) -> list[int]:
    return [one for one in sensors if one is not None and one < _HOTTEST][:_MOST_SENSORS]


def self_tests(document: Node) -> list[SelfTest] | None:
    """Return the log; the table may have holes, and entries that were never used."""
    log = document.at("nvme_self_test_log")
    if not log.names():
        return None
    found: list[SelfTest] = []
    for entry in log.at("table").items():
        result = entry.at("self_test_result", "value").count()
        if result is None or result == _UNUSED:
            continue
        found.append(
            SelfTest(
                kind=entry.at("self_test_code", "string").word(),
                outcome=_RESULTS.get(result, SelfTestOutcome.UNKNOWN),
                detail=entry.at("self_test_result", "string").word(),
                at_hours=entry.at("power_on_hours").count(),
                lba=entry.at("lba").count(),
            )
        )
    return found


def running_percent(document: Node) -> int | None:
    """Return how much of a running self-test is left."""
    log = document.at("nvme_self_test_log")
    if not log.at("current_self_test_operation", "value").count():
        return None
    done = log.at("current_self_test_completion_percent").count()
    return None if done is None else max(0, 100 - done)


def self_tests_of_nvme_cli(log: Node) -> list[SelfTest] | None:
    """Read `nvme self-test-log -o json`; entries that were never used are left out."""
    if not log.has("List of Valid Reports"):
        return None
    found: list[SelfTest] = []
    for entry in log.at("List of Valid Reports").items():
        result = entry.at("Self test result").count()
        if result is None or result == _UNUSED:
            continue
        outcome = _RESULTS.get(result, SelfTestOutcome.UNKNOWN)
        found.append(
            SelfTest(
                kind=_KINDS.get(entry.at("Self test code").count() or 0, "Vendor specific"),
                outcome=outcome,
                detail=_FAILURES.get(result, outcome.value.capitalize()),
                at_hours=entry.at("Power on hours").count(),
                lba=entry.at("Failing LBA").count(),
            )
        )
    return found


def running_in_nvme_cli(log: Node) -> int | None:
    """Return how much of a running self-test is left, as nvme-cli tells it."""
    if not log.at("Current Device Self-Test Operation").count():
        return None
    done = log.at("Current Device Self-Test Completion").count()
    return None if done is None else max(0, 100 - done)
