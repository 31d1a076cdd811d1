"""Logs of self-tests in all their shapes: only the newest one that ended says something bad.

The cases are those that TrueNAS collected from its users (NAS-140419, NAS-141215, NAS-141951):
where the table stands, in which order, and what an aborted test is; and those of NVMe and SAS.
"""

from collections.abc import Mapping

import pytest

from app.services.infrastructure.facts.smart.report import SelfTestOutcome
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.verdicts import DeviceVerdict, Said, judge_drive
from tests.corpora.moments import NOW
from tests.services.infrastructure.storage.reports import Document, ata, nvme, report, scsi

KIND = {"type": {"value": 2, "string": "Extended offline"}, "lifetime_hours": 46601}
PASSED = {**KIND, "status": {"value": 0, "string": "Completed without error", "passed": True}}
FAILED = {**KIND, "status": {"value": 112, "string": "Completed: read failure", "passed": False}}
ABORTED = {**KIND, "status": {"value": 25, "string": "Aborted by host"}}
INTERRUPTED = {**KIND, "status": {"value": 41, "string": "Interrupted (host reset)"}}
UNKNOWN = {**KIND, "status": {"value": 48, "string": "Fatal or unknown error"}}
RUNS = {**KIND, "status": {"value": 249, "string": "Self-test routine in progress"}}


def extended(*entries: Document) -> Document:
    return {"extended": {"count": len(entries), "table": list(entries)}}


def judged(document: Document) -> DeviceVerdict:
    return judge_drive(report(document), NOW)


def has_failed(verdict: DeviceVerdict) -> bool:
    return "self_test_failed" in [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("case", "log", "is_failed"),
    [
        ("the newest of the extended log passed", extended(PASSED), False),
        ("the newest of the extended log failed", extended(FAILED), True),
        ("an older failure that a later pass has overtaken", extended(PASSED, FAILED), False),
        ("a failure after a pass", extended(FAILED, PASSED), True),
        ("only the standard log, which failed", {"standard": {"table": [FAILED]}}, True),
        ("only the standard log, which passed", {"standard": {"table": [PASSED]}}, False),
        ("no log at all", None, False),
        ("an empty log", {}, False),
        ("a table where no version of smartctl puts it", {"table": [FAILED]}, False),
        ("aborted by the host", extended(ABORTED), False),
        ("aborted, and a pass before", extended(ABORTED, PASSED), False),
        ("aborted, and a failure before, which still counts", extended(ABORTED, FAILED), True),
        ("interrupted, and a failure before", extended(INTERRUPTED, FAILED), True),
        ("interrupted by a reset", extended(INTERRUPTED), False),
        ("running, and a pass before", extended(RUNS, PASSED), False),
        ("an end that the drive itself does not know", extended(UNKNOWN, PASSED), False),
        ("a table with holes", {"extended": {"table": [None, PASSED, None]}}, False),
        ("a table that is no table", {"extended": {"table": "none"}}, False),
    ],
)
def test_a_log_of_an_ata_drive(
    case: str,
    log: Document | None,
    is_failed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    document = ata() if log is None else ata(ata_smart_self_test_log=log)
    assert has_failed(judged(document)) is is_failed, case


SHORT = {**PASSED, "type": {"value": 1, "string": "Short offline"}}
SHORT_FAILED = {**FAILED, "type": {"value": 1, "string": "Short offline"}}


@pytest.mark.parametrize(
    ("case", "entries", "is_failed"),
    [
        ("a short pass after a long failure", (SHORT, FAILED), True),
        ("a long pass after a short failure", (PASSED, SHORT_FAILED), False),
        ("a short pass after a short failure", (SHORT, SHORT_FAILED), False),
        ("a long pass between both", (SHORT, PASSED, FAILED), False),
    ],
)
def test_a_short_test_takes_back_nothing_of_what_a_long_one_found(
    case: str,
    entries: tuple[Document, ...],
    is_failed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    document = ata(ata_smart_self_test_log=extended(*entries))
    assert has_failed(judged(document)) is is_failed, case


def test_an_acknowledged_failure_is_quiet_until_a_test_fails_elsewhere() -> None:
    said = Said(acknowledged={"self_test_failed": 1})
    first, elsewhere = ({**FAILED, "lba": lba} for lba in (123, 456))
    for log, level in ((extended(first), Level.OK), (extended(first, first), Level.OK),
                       (extended(elsewhere, first), Level.WARNING)):  # fmt: skip
        document = report(ata(ata_smart_self_test_log=log))
        assert judge_drive(document, NOW, said=said).level is level


def nvme_log(*results: int | None) -> Document:
    entry = {"self_test_code": {"value": 2, "string": "Extended"}, "power_on_hours": 12}
    table = [
        None if result is None else {**entry, "self_test_result": {"value": result, "string": "x"}}
        for result in results
    ]
    return {**nvme(), "nvme_self_test_log": {"table": table}}


@pytest.mark.parametrize(
    ("case", "results", "is_failed"),
    [
        ("passed", (0,), False),
        ("failed by a fatal error", (5,), True),
        ("failed in a segment that is not told", (6,), True),
        ("failed in a segment that is told", (7,), True),
        ("aborted by a command, by a reset, by a format", (1, 2, 4), False),
        ("aborted, and a failure before", (1, 6), True),
        ("a pass after a failure", (0, 7), False),
        ("a sparse table: holes, and entries never used", (None, 15, None, 7), True),
        ("a sparse table whose newest entry passed", (15, None, 0, 5), False),
        ("numbers that the standard keeps for later", (10, 14), False),
    ],
)
def test_a_log_of_an_nvme_drive(
    case: str,
    results: tuple[int | None, ...],
    is_failed: bool,  # noqa: FBT001 - a column
) -> None:
    assert has_failed(judged(nvme_log(*results))) is is_failed, case


@pytest.mark.parametrize(("result", "is_failed"), [(0, False), (1, False), (2, False), (3, True),
                                                   (4, True), (7, True), (15, False)])  # fmt: skip
def test_a_log_of_a_sas_drive(
    result: int,
    is_failed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    entry = {"code": {"string": "Background long"}, "result": {"value": result, "string": "x"}}
    assert has_failed(judged(scsi(scsi_self_test_0=entry))) is is_failed


def test_one_old_failure_of_a_sas_drive_is_over_with_the_next_pass() -> None:
    def entry(result: int) -> Mapping[str, object]:
        return {"code": {"string": "Background long"}, "result": {"value": result, "string": "x"}}

    tests = {"scsi_self_test_0": entry(0), "scsi_self_test_1": entry(3)}
    assert not has_failed(judged(scsi(**tests)))


def test_what_did_not_fail_keeps_a_drive_well() -> None:
    for log in (extended(ABORTED, INTERRUPTED, RUNS), extended(PASSED, FAILED)):
        assert judged(ata(ata_smart_self_test_log=log)).level is Level.OK
    outcomes = [one.outcome for one in report(ata(ata_smart_self_test_log=extended(
        PASSED, FAILED, ABORTED, INTERRUPTED, RUNS))).self_tests or []]  # fmt: skip
    assert outcomes == [SelfTestOutcome.PASSED, SelfTestOutcome.FAILED, SelfTestOutcome.ABORTED,
                        SelfTestOutcome.INTERRUPTED, SelfTestOutcome.RUNNING]  # fmt: skip
