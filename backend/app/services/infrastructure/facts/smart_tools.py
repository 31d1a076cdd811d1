"""Which programs for drives a machine has; what they are asked depends on it."""

import re

from pydantic import BaseModel

from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Trouble, Unparsable

_SMARTCTL = Command(("smartctl", "--version"))
_NVME = Command(("nvme", "version"))
_VERSION = re.compile(r"^smartctl (?:version )?(\d{1,3})\.(\d{1,3})", re.MULTILINE)
_NVME_VERSION = re.compile(r"nvme version (\d{1,3}(?:\.\d{1,4}){0,3})")
_FIRST_WITH_JSON = (7, 0)


class SmartTools(BaseModel):
    """The versions; empty where a program is missing."""

    smartctl: str = ""
    has_json: bool = False
    nvme: str = ""


class SmartToolsFact(Fact[SmartTools]):
    name = "smart_tools"
    title = "Programs for drives"
    rate = Rate.SLOW
    commands = (_SMARTCTL, _NVME)
    programs = ("smartctl",)
    value = SmartTools
    fixes = {  # noqa: RUF012 - declared as a ClassVar by the base class
        Trouble.ABSENT: "Install smartmontools there, and the health of its drives is known: "
        "`apt-get install smartmontools`, `dnf install smartmontools` or `apk add smartmontools`.",
    }

    def parse(self, results: tuple[CommandResult, ...]) -> SmartTools | None:
        smartctl, nvme = results
        found = SmartTools()
        if match := _VERSION.search(smartctl.stdout):
            version = (int(match[1]), int(match[2]))
            found.smartctl = f"{version[0]}.{version[1]}"
            found.has_json = version >= _FIRST_WITH_JSON
        elif smartctl.outcome is Outcome.RAN:
            raise Unparsable(self.name, "not the version of smartctl")
        if match := _NVME_VERSION.search(nvme.stdout):
            found.nvme = match[1]
        return found if found.smartctl or found.nvme else None
