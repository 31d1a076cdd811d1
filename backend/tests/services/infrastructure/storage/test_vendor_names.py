"""What makers call their counters, and how they count: names and directions of real drives.

The rows are in the form of smartmontools' database of drives, which gives the names.
"""

import pytest

from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.storage.signals import signals_of, wear_percent, written_bytes
from app.services.infrastructure.storage.verdicts import DeviceVerdict, judge_drive
from tests.corpora.moments import NOW
from tests.services.infrastructure.storage.reports import (
    Document,
    ata,
    attribute,
    report,
    with_attributes,
)


def flash(*rows: Document) -> Document:
    return {**with_attributes(*rows), "rotation_rate": 0, "model_name": "Some 500GB"}


def judged(document: Document) -> DeviceVerdict:
    return judge_drive(report(document), NOW)


def test_a_new_wd_blue_that_counts_its_wear_upwards_is_not_worn_out() -> None:
    """Its attribute 230 counts up from 1 in one firmware, and down from 100 in another."""
    for value in (1, 3, 100):
        row = attribute(230, "Media_Wearout_Indicator", 0x2600140026, "0x002600140026",
                        value=value, worst=value, thresh=0)  # fmt: skip
        document = flash(row)
        assert wear_percent(report(document)) is None
        assert judged(document).level is Level.OK


def test_its_own_statistics_tell_the_wear_of_a_wd_blue() -> None:
    row = attribute(230, "Media_Wearout_Indicator", 1, "0x01", value=1, worst=1, thresh=0)
    pages = [{"number": 7, "table": [{"offset": 8, "name": "Percentage Used Endurance Indicator",
                                      "value": 12, "flags": {"valid": True}}]}]  # fmt: skip
    document = {**flash(row), "ata_device_statistics": {"pages": pages}}
    assert wear_percent(report(document)) == 12


@pytest.mark.parametrize(
    ("number", "name", "value", "raw", "used"),
    [
        (233, "Media_Wearout_Indicator", 88, 0, 12),  # Intel
        (202, "Percent_Lifetime_Remain", 97, 3, 3),  # Crucial: the raw value is what is used
        (202, "Percent_Lifetime_Used", 86, 14, 14),  # Crucial m4: the value is what is left
        (202, "Perc_Rated_Life_Used", 75, 25, 25),
        (231, "SSD_Life_Left", 95, 95, 5),  # Phison
        (231, "Lifetime_Left", 40, 40, 60),
        (248, "Perc_Rated_Life_Remain", 91, 91, 9),
        (169, "Remaining_Lifetime_Perc", 93, 93, 7),  # Silicon Motion
        (169, "Remaining_Lifetime_Perc", 0, 95, 5),  # no value given, only the raw one
        (209, "Remaining_Lifetime_Perc", None, 97, 3),  # Indilinx prints "---"
        (231, "SSD_Life_Left", 0, 0, 100),  # a Kingston that has died since
    ],
)
def test_wear_is_read_in_the_direction_in_which_each_maker_counts(
    number: int, name: str, value: int | None, raw: int, used: int
) -> None:
    document = flash(attribute(number, name, raw, value=value, thresh=0))
    assert wear_percent(report(document)) == used


def test_wear_is_told_of_an_ssd_whose_firmware_states_no_rotation() -> None:
    document = flash(attribute(177, "Wear_Leveling_Count", 900, value=8, thresh=0))
    del document["rotation_rate"]
    document["model_name"] = "Samsung SSD 840 PRO Series"
    assert wear_percent(report(document)) == 92
    assert [one.code for one in judged(document).reasons] == ["worn"]


def test_a_hybrid_disk_is_judged_as_the_disk_with_platters_that_it_is() -> None:
    row = attribute(5, "Reallocated_Sector_Ct", 20)
    document = {**with_attributes(row), "model_name": "ST1000DX001-1CM162",
                "model_family": "Seagate Desktop SSHD"}  # fmt: skip
    del document["rotation_rate"]
    assert [one.code for one in judged(document).reasons] == ["reallocated_sectors"]


@pytest.mark.parametrize(
    ("number", "name", "signal"),
    [
        (5, "New_Bad_Blk_Cnt", "reallocated"),
        (5, "Later_Bad_Block", "reallocated"),
        (170, "Grown_Bad_Blocks", "reallocated"),
        (160, "Uncorrectable_Error_Cnt", "reported_uncorrectable"),
        (195, "Uncorrectable_Error_Cnt", "reported_uncorrectable"),
        (187, "Uncorrectable_ECC_Ct", "reported_uncorrectable"),
        (218, "CRC_Error_Count", "crc_errors"),
        (199, "SATA_CRC_Error", "crc_errors"),
        (188, "Command_Timeouts", "command_timeouts"),
    ],
)
def test_counters_count_under_the_names_that_makers_give_them(
    number: int, name: str, signal: str
) -> None:
    assert signals_of(report(flash(attribute(number, name, 7))))[signal] == 7


def test_of_two_counters_of_one_thing_the_larger_counts_in_either_order() -> None:
    rows = (attribute(199, "SATA_CRC_Error_Count", 9), attribute(218, "CRC_Error_Count", 0))
    for order in (rows, rows[::-1]):
        assert signals_of(report(flash(*order)))["crc_errors"] == 9


def test_a_bad_block_that_was_there_when_it_was_made_is_no_sign() -> None:
    for number, name in (
        (163, "Initial_Bad_Block_Count"),
        (184, "Factory_Bad_Block_Count"),
        (170, "Bad_Blk_Ct_Lat/Erl"),
        (197, "Current_Pending_ECC_Cnt"),
    ):
        assert judged(flash(attribute(number, name, 87))).level is Level.OK


@pytest.mark.parametrize(
    ("number", "name", "raw", "written"),
    [
        (241, "Total_LBAs_Written", 2, 1024),
        (241, "Host_Writes_32MiB", 3, 3 * 32 * 1024**2),
        (241, "Lifetime_Writes_GiB", 3, 3 * 1024**3),
        (175, "Host_Writes_MiB", 3, 3 * 1024**2),
        (241, "Total_Writes_GB", 3, 3 * 10**9),
    ],
)
def test_written_bytes_are_counted_in_each_makers_unit(
    number: int, name: str, raw: int, written: int
) -> None:
    assert written_bytes(report(flash(attribute(number, name, raw)))) == written


def test_the_command_that_is_offered_reaches_the_drive_behind_its_controller() -> None:
    place = {"name": "/dev/bus/0", "type": "megaraid,4", "protocol": "ATA"}
    document = {**with_attributes(attribute(197, "Current_Pending_Sector", 3)), "device": place}
    (reason,) = judged(document).reasons
    assert "`smartctl -t long -d megaraid,4 /dev/bus/0`" in reason.fix


def test_the_command_that_is_offered_can_be_pasted_whatever_the_name_is() -> None:
    name = "/dev/disk/by-id/usb WD; reboot"
    place = {"name": name, "type": "sat", "protocol": "ATA"}
    document = {**with_attributes(attribute(197, "Current_Pending_Sector", 3)), "device": place}
    (reason,) = judged(document).reasons
    assert f"`smartctl -t long '{name}'`" in reason.fix


def test_a_drive_that_fails_is_to_be_replaced_and_not_acknowledged() -> None:
    few, many = (
        judged(with_attributes(attribute(5, "Reallocated_Sector_Ct", count))).reasons[0]
        for count in (3, 387)
    )
    assert few.level is Level.WATCH
    assert "acknowledge" in few.fix
    assert many.level is Level.FAILING
    assert "replace the drive" in many.fix
    assert "acknowledge" not in many.fix


def test_what_no_drive_can_count_is_called_garbled() -> None:
    pages = [{"number": 4, "table": [{"offset": 8, "name": "x", "value": 420000000000,
                                      "flags": {"valid": True}}]}]  # fmt: skip
    (reason,) = judged(ata(ata_device_statistics={"pages": pages})).reasons
    assert "cannot be true" in reason.message


def test_why_a_drive_is_unknown_is_the_error_and_not_a_remark_beside_it() -> None:
    remark = "Warning: This result is based on an Attribute check."
    error = "Read SMART Error Log failed: scsi error badly formed scsi parameters"
    said = [{"string": remark, "severity": "warning"}, {"string": error, "severity": "error"}]
    document = ata(smartctl={"version": [7, 3], "exit_status": 4, "messages": said})
    assert error in judged(document).unknown
    assert remark not in judged(document).unknown
