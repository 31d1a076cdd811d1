"""What makers call their counters. smartctl takes the names out of its database of drives.

An id means something only under one of its names: makers use the ids of others for other things.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """The ids under which a counter stands, the usual one first, and its names."""

    ids: tuple[int, ...]
    names: frozenset[str]


def _named(ids: tuple[int, ...], names: str) -> Named:
    return Named(ids, frozenset(names.split()))


# Not among them: bad blocks from the factory, and Crucial's Current_Pending_ECC_Cnt, which jumps
# to 1 and back in healthy drives.
COUNTERS: Mapping[str, Named] = {
    "reallocated": _named(
        (5, 166, 170),
        "Reallocated_Sector_Ct Reallocated_Sector_Count Retired_Block_Count Reallocate_NAND_Blk_Cnt"
        " Reassigned_Block_Count Reallocated_Block_Count New_Bad_Blk_Count New_Bad_Blk_Cnt"
        " Later_Bad_Block Runtime_Bad_Block Grown_Bad_Block_Count Later_Bad_Block_Count"
        " Total_Later_Bad_Blk_Ct Grown_Bad_Block_Ct Grown_Bad_Blocks",
    ),
    "spin_retries": _named((10,), "Spin_Retry_Count"),
    "end_to_end": _named((184,), "End-to-End_Error End-to-End_Error_Count End_to_End_Error"),
    "reported_uncorrectable": _named(
        (187, 160, 195),
        "Reported_Uncorrect Reported_Uncorrectable Uncorrectable_Error_Cnt Reported_UE_Counts"
        " Uncorrectable_ECC_Ct Uncorrectable_Sectors Uncorrectable_Err_Ct",
    ),
    "command_timeouts": _named((188,), "Command_Timeout Command_Timeouts"),
    "reallocation_events": _named((196,), "Reallocated_Event_Count"),
    "pending": _named(
        (197,),
        "Current_Pending_Sector Pending_Sector_Count Total_Pending_Sectors"
        " Current_Pending_Sector_Count",
    ),
    "offline_uncorrectable": _named(
        (198,),
        "Offline_Uncorrectable Uncorrectable_Sector_Ct Total_Offl_Uncorrectabl"
        " Offline_Uncorrectable_Sector_Count Uncor_Read_Error_Ct",
    ),
    "crc_errors": _named(
        (199, 210, 218),
        "UDMA_CRC_Error_Count CRC_Error_Count SATA_CRC_Error_Count CRC_Error_Cnt UDMA_CRC_Error"
        " SATA_CRC_Error",
    ),
}
# Where the database has no name, these ids mean the same in every disk with platters.
SAME_IN_ALL_DISKS = frozenset({5, 10, 187, 188, 196, 197, 198, 199})

# Wear whose normalised value counts down from 100, whatever the raw value is.
LEFT_BY_VALUE = frozenset(
    {
        "Media_Wearout_Indicator",
        "Wear_Leveling_Count",
        "Percent_Lifetime_Remain",
        "Percent_Lifetime_Used",
        "Perc_Rated_Life_Used",
    }
)
# The same, and where no value is given the raw one is what is left, in percent.
LEFT_BY_NAME = frozenset(
    {
        "SSD_Life_Left",
        "Lifetime_Left",
        "SSD_Life_Left_Perc",
        "Remaining_Lifetime_Perc",
        "Percent_Life_Remaining",
        "Lifetime_Remaining",
        "Lifetime_Remaining%",
        "DriveLife_Remaining%",
        "Drive_Life_Remaining%",
        "Perc_Rated_Life_Remain",
        "PCT_Life_Remaining",
        "Remaining_Life",
    }
)
# WD's and SanDisk's 230 counts up from 1 in one firmware and down from 100 in another.
NO_WEAR = frozenset({(230, "Media_Wearout_Indicator")})

LBA_WRITTEN = "Total_LBAs_Written"
UNITS_WRITTEN: Mapping[str, int] = {
    "Host_Writes_32MiB": 32 * 1024**2,
    "Host_Writes_MiB": 1024**2,
    "Host_Writes_GiB": 1024**3,
    "Lifetime_Writes_GiB": 1024**3,
    "Total_Writes_GiB": 1024**3,
    "Total_Writes_GB": 10**9,
}
