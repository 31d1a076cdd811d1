"""Answers of smartctl, written by hand after what its versions print."""

import json
from typing import cast

from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.facts.smart.answer import read_drive
from app.services.infrastructure.facts.smart.report import SmartReport

Document = dict[str, object]
ARGV = ("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sda")
BANNER = (
    "smartctl 6.6 2016-05-31 r4324 [x86_64-linux-4.9.0-8-amd64] (local build)\n"
    "Copyright (C) 2002-16, Bruce Allen, Christian Franke, www.smartmontools.org\n\n"
)
ATA_TEXT = (
    BANNER
    + """=== START OF INFORMATION SECTION ===
Model Family:     Western Digital Red
Device Model:     WDC WD40EFRX-68WT0N0
Serial Number:    WD-WCC4E0000001
LU WWN Device Id: 5 0014ee 2b5e00001
Firmware Version: 82.00A82
User Capacity:    4,000,787,030,016 bytes [4.00 TB]
Sector Sizes:     512 bytes logical, 4096 bytes physical
Rotation Rate:    5400 rpm
Device is:        In smartctl database [for details use: -P show]
ATA Version is:   ACS-2 (minor revision not indicated)
SATA Version is:  SATA 3.0, 6.0 Gb/s (current: 6.0 Gb/s)
SMART support is: Available - device has SMART capability.
SMART support is: Enabled

=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: PASSED

SMART Attributes Data Structure revision number: 16
Vendor Specific SMART Attributes with Thresholds:
ID# ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE
  1 Raw_Read_Error_Rate     POSR-K   200   200   051    -    0
  5 Reallocated_Sector_Ct   PO--CK   200   200   140    -    2
  9 Power_On_Hours          -O--CK   035   035   000    -    47456
194 Temperature_Celsius     -O---K   119   104   000    -    31 (Min/Max 17/49)
197 Current_Pending_Sector  -O--CK   200   200   000    -    0
199 UDMA_CRC_Error_Count    -O--CK   200   200   000    -    87

SMART Error Log Version: 1
No Errors Logged

SMART Extended Self-test Log Version: 1 (1 sectors)
Num  Test_Description    Status                  Remaining  LifeTime(hours)  LBA_of_first_error
# 1  Short offline       Aborted by host               90%     47450         -
# 2  Extended offline    Completed: read failure       20%     47396         123456789
# 3  Short offline       Completed without error       00%     47000         -
"""
)
SAS_TEXT = (
    BANNER
    + """=== START OF INFORMATION SECTION ===
Vendor:               HGST
Product:              HUS726040ALS210
Revision:             A280
User Capacity:        4,000,787,030,016 bytes [4.00 TB]
Logical block size:   512 bytes
Rotation Rate:        7200 rpm
Logical Unit id:      0x5000cca25e000001
Serial number:        K4G00001
Transport protocol:   SAS (SPL-3)

=== START OF READ SMART DATA SECTION ===
SMART Health Status: OK

Current Drive Temperature:     32 C
Drive Trip Temperature:        85 C

Elements in grown defect list: 3

Error counter log:
           Errors Corrected by           Total   Correction     Gigabytes    Total
               ECC          rereads/    errors   algorithm      processed    uncorrected
           fast | delayed   rewrites  corrected  invocations   [10^9 bytes]  errors
read:          0       34         0        34     238396      38280.029           0
write:         0        0         0         0      67506       3887.270           0
verify:        0       16         0        16       9129      23760.004           1

Non-medium error count:        7

SMART Self-test log
Num  Test              Status                 segment  LifeTime  LBA_first_err [SK ASC ASQ]
     Description                              number   (hours)
# 1  Background short  Failed in segment -->       4     120              5000 [0x3 0x11 0x0]
# 2  Background long   Completed                   -     100                 - [-   -    -]
"""
)


def ata(**fields: object) -> Document:
    """Return a healthy disk with platters; `fields` replace parts of it."""
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        "model_name": "WDC WD40EFRX-68WT0N0",
        "serial_number": "WD-WCC4E0000001",
        "wwn": {"naa": 5, "oui": 5358, "id": 11645485057},
        "user_capacity": {"bytes": 4000787030016},
        "rotation_rate": 5400,
        "smart_status": {"passed": True},
        "ata_smart_attributes": {"table": [attribute(5, "Reallocated_Sector_Ct", 0)]},
        "temperature": {"current": 31},
        "power_on_time": {"hours": 47456},
        **fields,
    }


def attribute(number: int, name: str, raw: int, text: str = "", **fields: object) -> Document:
    """Return a row of the table."""
    return {
        "id": number,
        "name": name,
        "value": 100,
        "worst": 100,
        "thresh": 10,
        "when_failed": "",
        "flags": {"prefailure": True},
        "raw": {"value": raw, "string": text or str(raw)},
        **fields,
    }


def with_attributes(*rows: Document) -> Document:
    """Return a disk with these attributes."""
    return ata(ata_smart_attributes={"table": list(rows)})


def nvme(**log: object) -> Document:
    """Return a healthy NVMe drive; `log` replaces fields of its health log."""
    return {
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
        "model_name": "Samsung SSD 970 EVO 1TB",
        "serial_number": "S5H9NS0N000001",
        "smart_status": {"passed": True},
        "nvme_smart_health_information_log": {
            "critical_warning": 0,
            "temperature": 40,
            "available_spare": 100,
            "available_spare_threshold": 10,
            "percentage_used": 3,
            "media_errors": 0,
            "num_err_log_entries": 40000,
            **log,
        },
        "temperature": {"current": 40},
    }


def scsi(**fields: object) -> Document:
    """Return a healthy SAS disk."""
    return {
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "device": {"name": "/dev/sdb", "type": "scsi", "protocol": "SCSI"},
        "scsi_vendor": "SEAGATE",
        "scsi_product": "ST4000NM0043",
        "serial_number": "Z1Z5DWJK00001",
        "logical_unit_id": "0x5000c50012345678",
        "rotation_rate": 7200,
        "smart_status": {"passed": True},
        "scsi_grown_defect_list": 0,
        "scsi_error_counter_log": {"read": {"total_uncorrected_errors": 0}},
        **fields,
    }


def report(document: Document | str, **result: object) -> SmartReport:
    """Read an answer as the collector does."""
    text = document if isinstance(document, str) else json.dumps(document)
    return read_drive(
        CommandResult(
            ARGV,
            cast("Outcome", result.get("outcome", Outcome.RAN)),
            cast("int | None", result.get("exit_status")),
            text,
            str(result.get("stderr", "")),
        )
    )
