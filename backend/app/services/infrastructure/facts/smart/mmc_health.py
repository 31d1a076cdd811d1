"""How worn an eMMC is: smartctl does not know them, but the kernel shows it to everybody.

It read both registers when it found the chip, so that asking for them reads nothing of it.
"""

import re

from app.ports.shell import Command
from app.services.infrastructure.facts.smart.report import (
    MmcHealth,
    Protocol,
    ReadState,
    SmartReport,
)

_FOLDER = "/sys/block/mmcblk[0-9]/device"
MMC_HEALTH = Command(
    (
        "sh",
        "-c",
        f"exec grep -s '' /dev/null {_FOLDER}/life_time {_FOLDER}/pre_eol_info",
    )
)
_LINE = re.compile(
    r"^/sys/block/(mmcblk\d)/device/(life_time|pre_eol_info):(0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})?)$",
    re.MULTILINE,
)
# JESD84-B51, 7.4.7: 1 is up to 10 % of the life, 10 up to all of it, 11 more than that; 0 says
# nothing, and other values are reserved.
_PAST_ITS_LIFE = 11
_PRE_EOL_STATES = (1, 2, 3)


def read_mmc(text: str) -> dict[str, SmartReport]:
    """Return a report for each eMMC by its kernel name; cards of SD tell nothing, and have none."""
    found: dict[str, MmcHealth] = {}
    for name, what, value in _LINE.findall(text):
        health = found.setdefault(name, MmcHealth())
        numbers = [int(one, 16) for one in value.split()]
        if what == "pre_eol_info":
            health.pre_eol = numbers[0] if numbers[0] in _PRE_EOL_STATES else None
        else:
            steps = [one for one in numbers if 0 < one <= _PAST_ITS_LIFE]
            health.life_used_percent = max((min(one * 10, 101) for one in steps), default=None)
    return {
        name: SmartReport(state=ReadState.READ, protocol=Protocol.MMC, rotation_rpm=0, mmc=health)
        for name, health in found.items()
    }
