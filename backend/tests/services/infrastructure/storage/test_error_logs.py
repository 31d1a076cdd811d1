"""The log of errors and the statistics of a drive, as they are shown on its page."""

from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.moments import NOW
from tests.services.infrastructure.storage.reports import ATA_TEXT, Document, ata, nvme, report

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


# As ataprint.cpp and nvmeprint.cpp of smartmontools 6.6 write it.
EXTENDED = """
SMART Extended Comprehensive Error Log Version: 1 (1 sectors)
Device Error Count: 2
\tCR     = Command Register
Powered_Up_Time is measured from power on, and printed as
DDd+hh:mm:SS.sss where DD=days, hh=hours, mm=minutes,

Error 2 [1] occurred at disk power-on lifetime: 36208 hours (1508 days + 16 hours)
  When the command that caused the error occurred, the device was active or idle.

  After command completion occurred, registers were:
  ER -- ST COUNT  LBA_48  LH LM LL DV DC
  -- -- -- == -- == == == -- -- -- -- --
  40 -- 41 00 08 00 00 00 71 bd e0 40 00  Error: UNC at LBA = 0x0071bde0 = 7454176

  Commands leading to the command that caused the error were:
  CR FEATR COUNT  LBA_48  LH LM LL DV DC  Powered_Up_Time  Command/Feature_Name
  -- == -- == -- == == == -- -- -- -- --  ---------------  --------------------
  60 00 08 00 00 00 00 00 71 bd e0 40 00  1d+02:03:04.567  READ FPDMA QUEUED
  ea 00 00 00 00 00 00 00 00 00 00 a0 00     02:03:04.500  FLUSH CACHE EXT

Error 1 [0] occurred at disk power-on lifetime: 7042 hours (293 days + 10 hours)
  After command completion occurred, registers were:
  ER -- ST COUNT  LBA_48  LH LM LL DV DC
  -- -- -- == -- == == == -- -- -- -- --
  10 -- 51 00 00 00 00 00 00 00 00 40 00

"""
SUMMARY = """
SMART Error Log Version: 1
ATA Error Count: 1
Error 1 occurred at disk power-on lifetime: 2126 hours (88 days + 14 hours)
  When the command that caused the error occurred, the device was active or idle.

  After command completion occurred, registers were:
  ER ST SC SN CL CH DH
  -- -- -- -- -- -- --
  40 51 08 8b 59 68 e3  Error: UNC 8 sectors at LBA = 0x0368598b = 57170315

  Commands leading to the command that caused the error were:
  CR FR SC SN CL CH DH DC   Powered_Up_Time  Command/Feature_Name
  -- -- -- -- -- -- -- --  ----------------  --------------------
  c8 00 08 8b 59 68 e3 00      00:01:25.536  READ DMA

"""
OF_NVME = """smartctl 6.6 2017-11-05 r4594 [x86_64-linux-4.15] (local build)
=== START OF INFORMATION SECTION ===
Model Number:                       X
=== START OF SMART DATA SECTION ===
SMART/Health Information (NVMe Log 0x02, NSID 0x1)
Critical Warning:                   0x00

Error Information (NVMe Log 0x01, max 64 entries)
Num   ErrCount  SQId   CmdId  Status  PELoc          LBA  NSID    VS
  0          8     0  0x0008  0x4004      -            0     0     -
  1          7     3  0x0011  0x4502  0x000         2048     1     -
  2          6     3       -  0x4502  0x000 18446744073709551615     1     -
"""


def test_the_logs_in_the_text_of_old_versions_are_read_as_in_json() -> None:
    log = {"extended": {"count": 2, "table": [BARE, UNC]}}
    told = report(ATA_TEXT + EXTENDED).errors
    assert told[0] == report(ata(ata_smart_error_log=log)).errors[0]
    assert (told[1].number, told[1].what, told[1].at_hours) == (1, "error register 0x10", 7042)
    assert (told[1].command, told[1].lba) == ("", None)
    (error,) = report(ATA_TEXT + SUMMARY).errors
    assert (error.what, error.command, error.lba) == ("UNC 8 sectors", "READ DMA", 57170315)


def test_the_log_of_an_nvme_drive_is_read_out_of_text() -> None:
    errors = report(OF_NVME).errors
    assert [(one.number, one.what, one.lba) for one in errors] == [
        (8, "status 0x4004", 0),
        (7, "status 0x4502", 2048),
        (6, "status 0x4502", None),
    ]


def test_an_entry_that_is_cut_off_is_told_as_far_as_it_goes() -> None:
    errors = report(ATA_TEXT + EXTENDED[: EXTENDED.index("ER -- ST")]).errors
    assert [(one.number, one.what, one.at_hours) for one in errors] == [(2, "not told", 36208)]
