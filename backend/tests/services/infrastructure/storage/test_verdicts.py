"""The verdict says what is wrong, why, and never less of something worse."""

from datetime import UTC, datetime, timedelta

import pytest

from app.services.infrastructure.storage.rules import RANK, RULES, Level, Rule
from app.services.infrastructure.storage.signals import signals_of, wear_percent
from app.services.infrastructure.storage.verdicts import (
    DeviceVerdict,
    Override,
    Remembered,
    Said,
    judge_drive,
)
from tests.services.infrastructure.storage.reports import (
    ATA_TEXT,
    Document,
    ata,
    attribute,
    nvme,
    report,
    scsi,
    with_attributes,
)

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def judged(document: Document | str, remembered: Remembered | None = None, said: Said | None = None,
           at: datetime = NOW) -> DeviceVerdict:  # fmt: skip
    return judge_drive(report(document), at, remembered or Remembered(), said or Said())


def codes(verdict: DeviceVerdict) -> list[str]:
    return [one.code for one in verdict.reasons]


def test_a_healthy_drive_is_well() -> None:
    for document in (ata(), nvme(), scsi()):
        assert judged(document) == DeviceVerdict(Level.OK)


@pytest.mark.parametrize(
    ("document", "level", "code"),
    [
        (with_attributes(attribute(5, "Reallocated_Sector_Ct", 1)), Level.WATCH,
         "reallocated_sectors"),
        (with_attributes(attribute(5, "Reallocated_Sector_Ct", 400)), Level.FAILING,
         "reallocated_sectors"),
        (with_attributes(attribute(197, "Current_Pending_Sector", 1)), Level.WARNING,
         "pending_sectors"),
        (with_attributes(attribute(198, "Offline_Uncorrectable", 20)), Level.FAILING,
         "offline_uncorrectable"),
        (with_attributes(attribute(187, "Reported_Uncorrect", 1)), Level.WARNING,
         "reported_uncorrectable"),
        (with_attributes(attribute(5, "Reallocated_Sector_Ct", 0, when_failed="now")),
         Level.FAILING, "threshold_5"),
        (with_attributes(attribute(1, "Raw_Read_Error_Rate", 9, value=9)), Level.FAILING,
         "threshold_1"),
        (ata(smart_status={"passed": False}), Level.FAILING, "status_failed"),
        (ata(temperature={"current": 57}), Level.WATCH, "temperature"),
        (ata(temperature={"current": 66, "op_limit_max": 65}), Level.WATCH, "temperature"),
        (nvme(available_spare=9), Level.FAILING, "spare_blocks"),
        (nvme(available_spare=20), Level.WARNING, "spare_blocks"),
        (nvme(critical_warning=8), Level.FAILING, "critical_read_only"),
        (nvme(critical_warning=2), Level.WARNING, "critical_temperature_flag"),
        (nvme(percentage_used=95), Level.WARNING, "worn"),
        (nvme(percentage_used=250), Level.WARNING, "worn"),
        (nvme(media_errors=1), Level.WARNING, "media_errors"),
        (scsi(scsi_grown_defect_list=3), Level.WATCH, "grown_defects"),
        (scsi(scsi_error_counter_log={"read": {"total_uncorrected_errors": 2}}), Level.WARNING,
         "uncorrected_errors"),
        (ATA_TEXT, Level.WARNING, "self_test_failed"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_level_and_a_reason(
    document: Document | str, level: Level, code: str
) -> None:
    verdict = judged(document)
    assert verdict.level is level
    assert code in codes(verdict)
    assert all(one.source for one in verdict.reasons)


@pytest.mark.parametrize(
    "document",
    [
        {**with_attributes(attribute(188, "Command_Timeout", 51540393996)),
         "model_name": "ST16000NM001G-2KK103"},
        with_attributes(attribute(188, "Command_Timeout", 51540393996, "12 12 12")),
        with_attributes(attribute(1, "Raw_Read_Error_Rate", 83905456)),
        with_attributes(attribute(7, "Seek_Error_Rate", 999999999)),
        with_attributes(attribute(195, "Hardware_ECC_Recovered", 83905456)),
        with_attributes(attribute(199, "UDMA_CRC_Error_Count", 87)),
        with_attributes(attribute(194, "Temperature_Celsius", 98784247834, "26 (0 23 0 0 0)")),
        {**with_attributes(attribute(187, "Vendor_Thing", 5)), "rotation_rate": 0},
        nvme(num_err_log_entries=10**9, unsafe_shutdowns=500),
        scsi(scsi_error_counter_log={"read": {"errors_corrected_by_rereads_rewrites": 9,
                                              "total_uncorrected_errors": 0}}),
        with_attributes(attribute(190, "Airflow_Temperature_Cel", 40, when_failed="past")),
    ],
)  # fmt: skip
def test_known_false_alarms_stay_quiet(document: Document) -> None:
    assert judged(document).level is Level.OK


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.only}")
def test_every_rule_rises_with_its_value(rule: Rule) -> None:
    assert rule in RULES
    steps = rule.steps
    assert [limit for limit, _ in steps] == sorted({limit for limit, _ in steps})
    ranks = [RANK[level] for _, level in steps]
    assert ranks == sorted(ranks)


def test_no_attribute_scores_better_when_it_counts_more() -> None:
    for number, name in ((5, "Reallocated_Sector_Ct"), (10, "Spin_Retry_Count"),
                         (184, "End-to-End_Error"), (187, "Reported_Uncorrect"),
                         (188, "Command_Timeout"), (196, "Reallocated_Event_Count"),
                         (197, "Current_Pending_Sector"), (198, "Offline_Uncorrectable"),
                         (199, "UDMA_CRC_Error_Count")):  # fmt: skip
        values = [*range(300), 999, 1601, 10**4, 65535, 65536, 70001, 10**6, 10**9, 2**48, 2**64]
        ranks = [RANK[judged(with_attributes(attribute(number, name, raw))).level]
                 for raw in values]  # fmt: skip
        assert ranks == sorted(ranks), number


def test_growth_counts_since_the_drive_was_first_seen() -> None:
    disk = with_attributes(attribute(199, "UDMA_CRC_Error_Count", 88))
    assert judged(disk, Remembered({"crc_errors": 88})).level is Level.OK
    assert judged(disk, Remembered({"crc_errors": 87})).level is Level.WATCH


def test_a_burst_is_worse_than_the_same_growth_over_months() -> None:
    disk = with_attributes(attribute(5, "Reallocated_Sector_Ct", 14))
    slow = Remembered({"reallocated": 0}, ((NOW - timedelta(days=60), {"reallocated": 0}),))
    burst = Remembered({"reallocated": 0}, ((NOW - timedelta(days=2), {"reallocated": 0}),))
    assert judged(disk, slow).level is Level.WARNING
    assert judged(disk, burst).level is Level.FAILING


def test_an_acknowledged_value_is_quiet_until_it_changes() -> None:
    said = Said(acknowledged={"reallocated_sectors": 3})
    same = judged(with_attributes(attribute(5, "Reallocated_Sector_Ct", 3)), said=said)
    assert same.level is Level.OK
    assert [one.is_acknowledged for one in same.reasons] == [True]
    more = judged(with_attributes(attribute(5, "Reallocated_Sector_Ct", 4)), said=said)
    assert more.level is Level.WATCH


def test_own_limits_of_a_drive_replace_the_rule() -> None:
    disk = with_attributes(attribute(5, "Reallocated_Sector_Ct", 20))
    raised = Said(overrides={"reallocated_sectors": Override(warning=50)})
    ignored = Said(overrides={"reallocated_sectors": Override(is_ignored=True)})
    assert judged(disk).level is Level.WARNING
    assert judged(disk, said=raised).level is Level.OK
    assert judged(disk, said=ignored).level is Level.OK
    warm = Said(overrides={"temperature": Override(watch=30)})
    assert judged(ata(), said=warm).level is Level.WATCH


def test_a_drive_that_sleeps_is_neither_well_nor_failed() -> None:
    verdict = judge_drive(report("smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"), NOW)
    assert verdict.level is Level.UNKNOWN
    assert "asleep" in verdict.unknown


def test_what_speaks_against_a_drive_counts_even_where_the_rest_is_missing() -> None:
    disk = with_attributes(attribute(197, "Current_Pending_Sector", 20))
    del disk["smart_status"]
    verdict = judged(disk)
    assert verdict.level is Level.FAILING
    assert "status" in verdict.unknown


def test_wear_comes_from_the_name_not_from_the_id() -> None:
    row = attribute(177, "Wear_Leveling_Count", 500, value=93)
    assert wear_percent(report({**with_attributes(row), "rotation_rate": 0})) == 7
    row = attribute(177, "Something_Else", 500, value=93)
    assert wear_percent(report({**with_attributes(row), "rotation_rate": 0})) is None


def test_nonsense_in_the_statistics_is_never_called_a_failing_drive() -> None:
    pages = [{"number": 4, "table": [{"offset": 8, "name": "x", "value": 420000000000,
                                      "flags": {"valid": True}}]}]  # fmt: skip
    disk = ata(ata_device_statistics={"pages": pages})
    assert signals_of(report(disk))["statistic_uncorrectable"] == 420000000000
    assert judged(disk).level is Level.WATCH


def test_an_emulated_drive_that_counts_no_spare_blocks_is_not_worn_out() -> None:
    empty = nvme()
    log = empty["nvme_smart_health_information_log"]
    assert isinstance(log, dict)
    log |= {"available_spare": 0, "available_spare_threshold": 0, "percentage_used": 0}
    assert codes(judged(empty)) == []
    log |= {"percentage_used": 40}
    assert codes(judged(empty)) == ["spare_blocks"]
