"""The rules by which drives are judged, each with where it comes from. A table, no code.

Every signal grows as things get worse, the steps rise with it, and growth and rate count upwards
only. So a worse value can not make a verdict better; the tests raise every field to prove it.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How a drive is. `UNKNOWN` is worse than `OK`, because nobody can say that it is well."""

    OK = "ok"
    UNKNOWN = "unknown"
    WATCH = "watch"  # worth a look, no reason to act
    WARNING = "warning"  # plan its replacement, check the backups
    FAILING = "failing"  # replace it now


RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Rate:
    """So much more within so many days."""

    amount: int
    days: int
    level: Level


@dataclass(frozen=True, slots=True)
class Rule:
    """One signal: from which value, and from which growth, it means what."""

    code: str
    signal: str
    what: str  # "{value} ..." as people read it
    source: str
    fix: str
    steps: tuple[tuple[int, Level], ...] = ()
    growth: Level | None = None  # of any growth since the drive was first seen
    rates: tuple[Rate, ...] = field(default=())
    only: str = ""  # "disk" (with platters) or "ssd"; both when empty


BACKBLAZE = "Backblaze: five SMART values above zero precede most failures"
BUCKETS = "Backblaze failure rates by value, as Scrutiny publishes them"
NVME = "NVM Express base specification, SMART / Health Information log"
MMC = "JEDEC JESD84-B51, 7.4.7: device life time estimation and pre-EOL information"
CHECKMK = "Checkmk: the value grew since the drive was discovered"
VENDOR = "The drive's own threshold"

REPLACE = (
    "Check that the backups of what lies on it are good, then replace the drive."
    " Until then, start a long self-test on its page, or with `smartctl -t long {device}`."
)
LOOK = (
    "Start a long self-test on its page, or with `smartctl -t long {device}`; acknowledge the value"
    " when it stays as it is."
)
_CABLE = (
    "Change the cable, the slot or the power supply: the data was hurt on its way, not on the"
    " drive. The counter never goes back; acknowledge it afterwards."
)

RULES: tuple[Rule, ...] = (
    Rule(
        "reallocated_sectors", "reallocated", "Reallocated sectors: {value}", BUCKETS, LOOK,
        steps=((1, Level.WATCH), (16, Level.WARNING), (70, Level.FAILING)),
        growth=Level.WARNING,
        rates=(Rate(10, 7, Level.FAILING),),
        only="disk",
    ),
    Rule(
        "reallocated_blocks", "reallocated", "Retired flash blocks: {value}", BUCKETS, LOOK,
        steps=((1, Level.WATCH), (100, Level.WARNING)),
        growth=Level.WATCH,
        rates=(Rate(50, 7, Level.WARNING),),
        only="ssd",
    ),
    Rule(
        "reallocation_events", "reallocation_events", "Attempts to reallocate sectors: {value}",
        BUCKETS, LOOK,
        steps=((1, Level.WATCH), (11, Level.WARNING)),
        growth=Level.WATCH,
    ),
    Rule(
        "pending_sectors", "pending", "Sectors that wait to be reallocated: {value}",
        BACKBLAZE, REPLACE,
        # A physical sector of 4096 bytes counts as eight.
        steps=((1, Level.WARNING), (9, Level.FAILING)),
        rates=(Rate(8, 1, Level.FAILING),),
    ),
    Rule(
        "offline_uncorrectable", "offline_uncorrectable", "Sectors that cannot be read: {value}",
        BACKBLAZE, REPLACE,
        steps=((1, Level.WARNING), (9, Level.FAILING)),
        rates=(Rate(8, 1, Level.FAILING),),
    ),
    Rule(
        "reported_uncorrectable", "reported_uncorrectable",
        "Errors that could not be corrected: {value}",
        BACKBLAZE, REPLACE,
        steps=((1, Level.WARNING), (65, Level.FAILING)),
        growth=Level.WARNING,
        rates=(Rate(10, 7, Level.FAILING),),
    ),
    Rule(
        "end_to_end_errors", "end_to_end", "Times that data changed inside of the drive: {value}",
        BUCKETS, REPLACE,
        steps=((1, Level.WARNING),),
        growth=Level.FAILING,
    ),
    Rule(
        "spin_retries", "spin_retries", "Times that the motor needed a second try: {value}",
        BUCKETS, REPLACE,
        steps=((1, Level.WARNING),),
        growth=Level.FAILING,
        only="disk",
    ),
    Rule(
        "command_timeouts", "command_timeouts", "Commands that timed out: {value}", BACKBLAZE,
        "Look at the cable and the power supply first: they are the usual cause.",
        steps=((100, Level.WATCH),),
        rates=(Rate(100, 1, Level.WARNING),),
    ),
    Rule(
        "crc_errors_grow", "crc_errors", "Transfers damaged between drive and board: {value}",
        CHECKMK, _CABLE,
        growth=Level.WATCH,
        rates=(Rate(100, 1, Level.WARNING),),
    ),
    Rule(
        "statistic_reallocated", "statistic_reallocated",
        "Reallocated sectors in the device statistics: {value}", BACKBLAZE, LOOK,
        steps=((1, Level.WATCH),),
    ),
    Rule(
        "statistic_uncorrectable", "statistic_uncorrectable",
        "Uncorrectable errors in the device statistics: {value}", BACKBLAZE, LOOK,
        steps=((1, Level.WATCH),),
    ),
    Rule(
        "media_errors", "media_errors", "Errors of the flash that could not be corrected: {value}",
        NVME, REPLACE,
        steps=((1, Level.WARNING),),
        growth=Level.FAILING,
    ),
    Rule(
        "worn", "wear", "Used of the rated endurance: {value} %", f"{NVME}; {MMC}",
        "Plan its replacement. It may work on for long, but its maker no longer promises it.",
        steps=((80, Level.WATCH), (90, Level.WARNING)),
    ),
    Rule(
        "grown_defects", "grown_defects", "Defects found since it was made: {value}",
        "SCSI primary commands: grown defect list", LOOK,
        steps=((1, Level.WATCH), (100, Level.WARNING)),
        growth=Level.WARNING,
        rates=(Rate(10, 7, Level.FAILING),),
    ),
    Rule(
        "pending_defects", "pending_defects", "Defects that wait to be reassigned: {value}",
        "SCSI block commands: pending defects log", REPLACE,
        steps=((1, Level.WARNING), (9, Level.FAILING)),
    ),
    Rule(
        "uncorrected_errors", "uncorrected", "Errors that could not be corrected: {value}",
        "SCSI error counter log; TrueNAS alerts on the same sum", REPLACE,
        steps=((1, Level.WARNING),),
        growth=Level.FAILING,
    ),
)  # fmt: skip

# NVMe, critical warning: what each bit says. Not one of them is about a cable.
CRITICAL_BITS: tuple[tuple[int, str, Level, str], ...] = (
    (0, "spare_low", Level.FAILING, "The spare blocks are below the drive's own threshold"),
    (1, "temperature_flag", Level.WARNING, "The drive says that its temperature is out of limits"),
    (2, "reliability_degraded", Level.FAILING, "The drive says that its reliability is degraded"),
    (3, "read_only", Level.FAILING, "The drive has become read-only"),
    (
        4,
        "backup_failed",
        Level.FAILING,
        "Its protection of data in flight on power loss has failed",
    ),
    (5, "memory_unreliable", Level.FAILING, "Its persistent memory region has become unreliable"),
    (6, "reserved_6", Level.FAILING, "The drive raises a warning that the standard does not name"),
    (7, "reserved_7", Level.FAILING, "The drive raises a warning that the standard does not name"),
)
TEMPERATURE_FLAG = 1
