"""The SAS and SCSI parts of smartctl's JSON."""

from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.report import (
    ErrorCounters,
    ScsiHealth,
    SelfTest,
    SelfTestOutcome,
)

# SPC, "self-test results" field: 3 to 7 are failures, 15 is one that runs.
_FAILED = range(3, 8)
_RESULTS = {
    0: SelfTestOutcome.PASSED,
    1: SelfTestOutcome.ABORTED,
    2: SelfTestOutcome.ABORTED,
    15: SelfTestOutcome.RUNNING,
}
_MOST_TESTS = 32


def health(document: Node) -> ScsiHealth | None:
    """Read what the drive counts; None where it gave nothing of it."""
    log = document.at("scsi_error_counter_log")
    counters = [
        _counters(name, log.at(name)) for name in ("read", "write", "verify") if log.has(name)
    ]
    defects = document.at("scsi_grown_defect_list").count()
    pending = document.at("scsi_pending_defects", "count").count()
    used = document.at("scsi_percentage_used_endurance_indicator").count()
    if not counters and defects is None and pending is None and used is None:
        return None
    return ScsiHealth(
        grown_defects=defects,
        pending_defects=pending,
        endurance_used_percent=used,
        counters=counters,
    )


def _counters(operation: str, row: Node) -> ErrorCounters:
    return ErrorCounters(
        operation=operation,
        corrected_fast=row.at("errors_corrected_by_eccfast").count(),
        corrected_delayed=row.at("errors_corrected_by_eccdelayed").count(),
        corrected_by_retries=row.at("errors_corrected_by_rereads_rewrites").count(),
        corrected=row.at("total_errors_corrected").count(),
        invocations=row.at("correction_algorithm_invocations").count(),
        gigabytes=row.at("gigabytes_processed").number(),
        uncorrected=row.at("total_uncorrected_errors").count(),
    )


def self_tests(document: Node) -> list[SelfTest] | None:
    """Return the log; its entries stand beside each other, numbered from the newest on."""
    names = [f"scsi_self_test_{number}" for number in range(_MOST_TESTS)]
    entries = [document.at(name) for name in names if document.has(name)]
    return [_self_test(entry) for entry in entries] if entries else None


def _self_test(entry: Node) -> SelfTest:
    result = entry.at("result", "value").count()
    return SelfTest(
        kind=entry.at("code", "string").word(),
        outcome=outcome(result),
        detail=entry.at("result", "string").word(),
        at_hours=entry.at("power_on_time", "hours").count(),
        lba=entry.at("lba_first_failure", "value").count(),
    )


def outcome(result: int | None) -> SelfTestOutcome:
    """Name a result of SPC."""
    if result is None:
        return SelfTestOutcome.UNKNOWN
    return (
        SelfTestOutcome.FAILED
        if result in _FAILED
        else _RESULTS.get(result, SelfTestOutcome.UNKNOWN)
    )
