"""The log of errors and the statistics of a drive, as they are shown on its page."""

from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.moments import NOW
from tests.services.infrastructure.storage.reports import Document, ata, nvme, report

UNC: Document = {
    "error_number": 2,
    "lifetime_hours": 36208,
    "error_description": "Error: UNC at LBA = 0x0071bde0 = 7454176",
    "completion_registers": {"error": 64, "status": 65, "lba": 7454176},
    "previous_commands": [{"command_name": "READ FPDMA QUEUED"}, {"command_name": "FLUSH"}],
}
BARE: Document = {
    "error_number": 1,
    "lifetime_hours": 7042,
    "completion_registers": {"error": 16, "status": 81},
}


def test_the_log_of_a_sata_drive_is_read_with_the_newest_first() -> None:
    log = {"extended": {"count": 2, "table": [BARE, UNC]}, "summary": {"table": [BARE]}}
    newest, oldest = report(ata(ata_smart_error_log=log)).errors
    assert (newest.number, newest.what, newest.command) == (2, "UNC", "READ FPDMA QUEUED")
    assert (newest.at_hours, newest.lba) == (36208, 7454176)
    assert (oldest.number, oldest.what, oldest.command) == (1, "error register 0x10", "")


def test_the_log_of_an_nvme_drive_is_read_and_judges_nothing() -> None:
    status = {"value": 24582, "string": "Invalid Field in Command"}
    entry = {"error_count": 7, "status_field": status, "lba": {"value": 2**64 - 1}}
    document = {**nvme(), "nvme_error_information_log": {"size": 64, "read": 16, "table": [entry]}}
    (error,) = report(document).errors
    assert (error.number, error.what, error.lba) == (7, "Invalid Field in Command", None)
    assert judge_drive(report(document), NOW).level is Level.OK, "Peers took these for failures."


def test_a_log_that_is_none_or_broken_is_an_empty_one() -> None:
    for log in ({}, {"extended": None}, {"extended": {"table": "none"}},
                {"summary": {"table": [None, 7, {"error_number": 2**80}]}}):  # fmt: skip
        for error in report(ata(ata_smart_error_log=log)).errors:
            assert error.what == "not told"


def test_of_a_long_log_the_newest_two_dozen_are_kept() -> None:
    table = [{**BARE, "error_number": number} for number in range(1, 60)]
    errors = report(ata(ata_smart_error_log={"extended": {"table": table}})).errors
    assert [one.number for one in errors] == list(range(59, 35, -1))
