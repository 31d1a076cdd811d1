"""What drives say is read in every form, and what they do not say stays unknown."""

import json

import pytest

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.smart.answer import read_drive
from app.services.infrastructure.facts.smart.report import Protocol, ReadState, SelfTestOutcome
from app.services.infrastructure.facts.smart.scan import read_scan
from tests.services.infrastructure.storage.reports import (
    ATA_TEXT,
    SAS_TEXT,
    ata,
    attribute,
    nvme,
    report,
    scsi,
    with_attributes,
)

_STANDBY = {
    "smartctl": {
        "version": [7, 3],
        "messages": [{"string": "Device is in STANDBY mode, exit(2)", "severity": "information"}],
        "exit_status": 2,
    },
    "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
}


def test_text_of_an_old_version_is_read_like_json() -> None:
    found = report(ATA_TEXT)
    assert found.state is ReadState.READ
    assert found.protocol is Protocol.ATA
    assert (found.model, found.serial) == ("WDC WD40EFRX-68WT0N0", "WD-WCC4E0000001")
    assert found.wwn == "50014ee2b5e00001"
    assert found.capacity_bytes == 4000787030016
    assert (found.rotation_rpm, found.power_on_hours) == (5400, 47456)
    assert (found.passed, found.temperature.current) == (True, 31)
    rows = {row.id: row for row in found.attributes or []}
    assert (rows[5].raw, rows[199].raw, rows[194].raw) == (2, 87, 31)
    assert (rows[5].threshold, rows[5].is_prefailure) == (140, True)
    assert found.error_log_count == 0


@pytest.mark.parametrize(
    ("current", "limit", "shown"), [(0, 0, None), (0, 85, 0), (32, 0, 32), (32, 85, 32)]
)
def test_a_sensor_that_is_not_there_shows_no_temperature_rather_than_zero(
    current: int, limit: int, shown: int | None
) -> None:
    document = scsi(temperature={"current": current, "drive_trip": limit})
    assert report(document).temperature.current == shown
    text = SAS_TEXT.replace("     32 C", f"     {current} C").replace("        85 C", f" {limit} C")
    assert report(text).temperature.current == shown


def test_self_tests_in_text_keep_their_end() -> None:
    tests = report(ATA_TEXT).self_tests or []
    assert [one.outcome for one in tests] == [
        SelfTestOutcome.ABORTED,
        SelfTestOutcome.FAILED,
        SelfTestOutcome.PASSED,
    ]
    assert (tests[1].at_hours, tests[1].lba) == (47396, 123456789)
    tests = report(SAS_TEXT).self_tests or []
    assert [one.outcome for one in tests] == [SelfTestOutcome.FAILED, SelfTestOutcome.PASSED]


def test_the_error_counters_of_sas_are_read_out_of_text() -> None:
    found = report(SAS_TEXT)
    assert found.protocol is Protocol.SCSI
    assert found.wwn == "5000cca25e000001"
    assert found.scsi is not None
    assert (found.scsi.grown_defects, found.scsi.non_medium_errors) == (3, 7)
    rows = {row.operation: row for row in found.scsi.counters}
    assert (rows["read"].corrected, rows["verify"].uncorrected) == (34, 1)
    assert rows["write"].gigabytes == 3887.27


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (json.dumps(_STANDBY), ReadState.STANDBY),
        ("smartctl 6.6 x\nDevice is in STANDBY mode, exit(2)\n", ReadState.STANDBY),
        ("smartctl 7.4 x\nDevice is in STANDBY BY COMMAND mode, exit(2)\n", ReadState.STANDBY),
        ("smartctl 7.3 x\nSmartctl open device: /dev/sda failed: Permission denied\n",
         ReadState.NO_RIGHT),
        ("smartctl 7.3 x\n/dev/sdb: Unknown USB bridge [0x0bda:0x9210]\n", ReadState.UNSUPPORTED),
        ("smartctl 7.3 x\nSmartctl open device: /dev/sdz failed: No such device\n",
         ReadState.NOT_OPENED),
        ("Segmentation fault\n", ReadState.UNPARSABLE),
        ("", ReadState.UNPARSABLE),
        ('{"devices": [], "hello": 1}', ReadState.UNPARSABLE),
        ("[" * 100_000, ReadState.UNPARSABLE),
    ],
)  # fmt: skip
def test_a_drive_that_was_not_read_says_why(answer: str, state: ReadState) -> None:
    found = report(answer, exit_status=2)
    assert found.state is state
    assert found.detail


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.TIMED_OUT, ReadState.TIMED_OUT),
        (Outcome.ABSENT, ReadState.ABSENT),
        (Outcome.REFUSED, ReadState.NO_RIGHT),
        (Outcome.CUT, ReadState.UNPARSABLE),
    ],
)
def test_an_answer_that_did_not_come_says_why(outcome: Outcome, state: ReadState) -> None:
    assert report("", outcome=outcome).state is state


def test_warnings_before_the_json_do_not_matter() -> None:
    text = "Warning: {old} database\nsmartctl: [something]\n" + json.dumps(ata()) + "\ntrailing"
    assert report(text).serial == "WD-WCC4E0000001"


def test_json_cut_off_is_no_report() -> None:
    text = json.dumps(ata())
    assert report(text[: len(text) // 2]).state is ReadState.UNPARSABLE


def test_impossible_numbers_are_read_as_nothing() -> None:
    document = json.dumps(nvme()).replace('"percentage_used": 3', '"percentage_used": NaN')
    found = report(document.replace('"media_errors": 0', f'"media_errors": {2**64}'))
    assert found.nvme is not None
    assert found.nvme.percentage_used is None
    assert found.nvme.media_errors == 2**64
    assert report(json.dumps(nvme(media_errors="9" * 5000))).nvme is not None
    assert report(json.dumps(nvme()).replace(": 3,", ": " + "9" * 5000 + ",")).state is (
        ReadState.UNPARSABLE
    )


def test_an_aborted_test_is_no_failed_one() -> None:
    table = [
        {"type": {"string": "Short offline"}, "status": {"value": 25, "string": "Aborted by host"}},
        {"type": {"string": "Short offline"}, "status": {"value": 41, "string": "Interrupted"}},
        {"status": {"value": 120, "string": "Completed: read failure", "passed": False}},
    ]
    log = {"standard": {"revision": 1, "table": table, "count": 3}}
    outcomes = [one.outcome for one in report(ata(ata_smart_self_test_log=log)).self_tests or []]
    assert outcomes == [
        SelfTestOutcome.ABORTED,
        SelfTestOutcome.INTERRUPTED,
        SelfTestOutcome.FAILED,
    ]


def test_a_sparse_table_of_nvme_tests_is_read() -> None:
    entry = {"self_test_code": {"string": "Short"}, "power_on_hours": 12}
    table = [
        None,
        {**entry, "self_test_result": {"value": 6, "string": "Completed: failed segment"}},
        {**entry, "self_test_result": {"value": 15, "string": "Entry not used"}},
        None,
        {**entry, "self_test_result": {"value": 0, "string": "Completed without error"}},
    ]
    log = {"current_self_test_operation": {"value": 0}, "table": table}
    found = report({**nvme(), "nvme_self_test_log": log})
    assert [one.outcome for one in found.self_tests or []] == [
        SelfTestOutcome.FAILED,
        SelfTestOutcome.PASSED,
    ]


def test_tests_of_scsi_are_numbered_beside_each_other() -> None:
    def entry(result: int) -> dict[str, object]:
        return {"code": {"string": "Background long"}, "result": {"value": result, "string": "x"}}

    found = report(scsi(scsi_self_test_0=entry(3), scsi_self_test_1=entry(0)))
    assert [one.outcome for one in found.self_tests or []] == [
        SelfTestOutcome.FAILED,
        SelfTestOutcome.PASSED,
    ]


def test_a_filler_is_no_identity() -> None:
    zero = {"naa": 0, "oui": 0, "id": 0}
    found = report(ata(wwn=zero, serial_number="000000000000"))
    assert (found.wwn, found.serial) == ("", "")


def test_an_unknown_name_of_an_attribute_is_kept() -> None:
    found = report(with_attributes(attribute(231, "Unknown_SSD_Attribute", 100)))
    assert [row.name for row in found.attributes or []] == ["Unknown_SSD_Attribute"]


def test_nvme_cli_is_read_where_smartctl_is_missing() -> None:
    log = {"critical_warning": 4, "temperature": 310, "avail_spare": 90, "spare_thresh": 5}
    found = read_drive(CommandResult(("nvme", "smart-log"), Outcome.RAN, 0, json.dumps(log), ""))
    assert found.passed is False
    assert found.temperature.current == 37
    assert found.nvme is not None
    assert found.nvme.available_spare == 90


def test_a_scan_names_drives_behind_controllers() -> None:
    text = (
        "/dev/sda -d sat # /dev/sda [SAT], ATA device\n"
        "/dev/my disk -d scsi # /dev/my disk, SCSI device\n"
        "/dev/bus/0 -d megaraid,0 # /dev/bus/0 [megaraid_disk_00], SCSI device\n"
        "# /dev/sdc -d scsi # /dev/sdc, SCSI device open failed: Permission denied\n"
    )
    found = read_scan(text)
    assert [(one.name, one.type) for one in found] == [
        ("/dev/sda", "sat"),
        ("/dev/my disk", "scsi"),
        ("/dev/bus/0", "megaraid,0"),
        ("/dev/sdc", "scsi"),
    ]
    assert found[3].open_error


def test_a_scan_takes_no_option_for_a_device() -> None:
    document = {
        "json_format_version": [1, 0],
        "devices": [
            {"name": "--set=standby,now", "type": "sat"},
            {"name": "/dev/sda", "type": "sat -s off"},
            {"name": "/etc/shadow", "type": "sat"},
            {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        ],
    }
    assert [one.name for one in read_scan(json.dumps(document))] == ["/dev/sda"]
    assert read_scan('{"smartctl": {"exit_status": 0}}') == []
    with pytest.raises(Unparsable):
        read_scan("what is this\n")
