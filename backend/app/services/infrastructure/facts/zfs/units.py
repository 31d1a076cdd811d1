"""Numbers and times as the ZFS tools print them."""

import calendar
import re
import time

# `zpool status -p` prints exact numbers; without it, and in the lines of a scan always, they are
# rounded to three digits with a suffix of 1024 (zfs_nicenum in the library).
_NICE = re.compile(r"(\d+(?:\.\d+)?)([KMGTPEZ]?)B?\Z")
_POWER = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6, "Z": 7}
_CLOCK = re.compile(r"(?:(\d{1,9}) days? )?(\d{1,9}):(\d\d):(\d\d)\Z")
_OLD_CLOCK = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?\Z")
_FORMAT = "%a %b %d %H:%M:%S %Y"
_LARGEST = 2**64


def amount(text: str) -> int | None:
    """Return a number of bytes or errors ("1.5K", "12", "0B"); None for anything else."""
    found = _NICE.match(text)
    if found is None:
        return None
    value = float(found[1]) * 1024 ** _POWER[found[2]]
    return round(value) if value < _LARGEST else None


def seconds(text: str) -> int | None:
    """Return a duration ("11:16:03", "2 days 03:04:05", "0h7m"); None for anything else."""
    text = text.strip()
    found = _CLOCK.match(text)
    if found is not None:
        days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    else:
        found = _OLD_CLOCK.match(text) if text else None
        if found is None:
            return None
        days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    total = days * 86400 + hours * 3600 + minutes * 60 + rest
    return total if total < _LARGEST else None


def moment(text: str) -> int | None:
    """Return a time as ctime(3) writes it, which the caller has asked for in UTC."""
    try:
        return calendar.timegm(time.strptime(" ".join(text.split()), _FORMAT))
    except (ValueError, OverflowError):
        return None
