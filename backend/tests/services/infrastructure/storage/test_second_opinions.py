"""What is said of other tools is what their published rules say, also where they contradict."""

import pytest

from app.services.infrastructure.storage.second_opinions import Opinion, second_opinions
from tests.services.infrastructure.storage.reports import (
    Document,
    ata,
    attribute,
    nvme,
    report,
    scsi,
    with_attributes,
)


def opinion(who: str, document: Document) -> tuple[Opinion, str]:
    (found,) = (one for one in second_opinions(report(document)) if one.who == who)
    return found.opinion, found.why


@pytest.mark.parametrize(
    ("number", "passes", "fails"),
    [
        (5, (0, 1, 16, 70001), (17, 70, 1100, 70000)),
        (10, (0, 1, 81), (2, 80)),
        (11, (0, 1, 81), (2, 80)),
        (183, (0, 2, 131), (3, 130)),
        (187, (0, 121), (1, 2, 120)),
        (188, (0, 100), (101, 51540393996)),
        (189, (0, 30, 151), (31, 150)),
        (196, (0, 11, 18, 27, 46), (12, 17, 28, 45)),
        (197, (0, 1, 1601), (2, 1600)),
        (198, (0, 17), (1, 16)),
        (199, (0, 16, 36, 70, 131), (17, 35, 71, 130)),
    ],
)
def test_scrutiny_fails_by_the_rates_of_its_buckets_and_passes_above_them(
    number: int, passes: tuple[int, ...], fails: tuple[int, ...]
) -> None:
    for raw in passes:
        document = with_attributes(attribute(number, "Name", raw))
        assert opinion("Scrutiny", document) == (Opinion.PASSED, ""), raw
    for raw in fails:
        document = with_attributes(attribute(number, "Name", raw))
        assert opinion("Scrutiny", document) == (Opinion.FAILED, str(number)), raw


def test_scrutiny_takes_the_normalised_value_of_some_and_the_last_of_seagates_three() -> None:
    for number, value, word in (
        (184, 100, Opinion.PASSED),
        (184, 99, Opinion.FAILED),
        (195, 100, Opinion.PASSED),
        (195, 20, Opinion.FAILED),
        (195, 30, Opinion.PASSED),
        (195, 40, Opinion.FAILED),
    ):
        document = with_attributes(attribute(number, "Name", 0, value=value))
        assert opinion("Scrutiny", document)[0] is word, (number, value)
    packed = with_attributes(attribute(188, "Command_Timeout", 51540393996, "12 12 12"))
    assert opinion("Scrutiny", packed)[0] is Opinion.PASSED


def test_scrutiny_fails_what_the_maker_fails_and_what_tells_no_status() -> None:
    now = with_attributes(attribute(9, "Power_On_Hours", 1, when_failed="FAILING_NOW"))
    assert opinion("Scrutiny", now) == (Opinion.FAILED, "9")
    silent = ata()
    del silent["smart_status"]
    assert opinion("Scrutiny", silent)[0] is Opinion.FAILED


def test_scrutiny_on_nvme_and_sas() -> None:
    for log, word in (
        ({"media_errors": 1}, Opinion.FAILED),
        ({"critical_warning": 2}, Opinion.FAILED),
        ({"percentage_used": 100}, Opinion.PASSED),
        ({"percentage_used": 101}, Opinion.FAILED),
        ({"available_spare": 9}, Opinion.FAILED),
        ({"num_err_log_entries": 10**6}, Opinion.PASSED),
    ):
        assert opinion("Scrutiny", nvme(**log))[0] is word, log
    errors = {"read": {"total_uncorrected_errors": 11, "errors_corrected_by_rereads_rewrites": 3}}
    for fields, word in (
        ({"scsi_grown_defect_list": 40}, Opinion.PASSED),
        ({"scsi_grown_defect_list": 41}, Opinion.FAILED),
        ({"scsi_error_counter_log": errors}, Opinion.FAILED),
    ):
        assert opinion("Scrutiny", scsi(**fields))[0] is word, fields


def test_backblaze_counts_the_five_and_pulse_the_two() -> None:
    for number in (5, 187, 188, 197, 198):
        document = with_attributes(attribute(number, "Name", 1))
        assert opinion("Backblaze", document) == (Opinion.WARNING, str(number))
    assert opinion("Backblaze", nvme())[0] is Opinion.NONE
    for number, word in ((5, Opinion.WARNING), (187, Opinion.PASSED), (197, Opinion.FAILED)):
        document = with_attributes(attribute(number, "Name", 1))
        assert opinion("Pulse", document)[0] is word
