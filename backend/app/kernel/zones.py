"""The time zone that people mean when they schedule something for three in the morning."""

from pathlib import Path
from zoneinfo import ZoneInfo

from app.kernel.errors import StartRefused

_MACHINE = Path("/etc/localtime")


def time_zone(name: str, machine: Path = _MACHINE) -> ZoneInfo:
    """Return the zone of this name, or the machine's own for an empty one, which may be UTC."""
    if name:
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            raise _refused(name) from error
    try:
        with machine.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return ZoneInfo("UTC")


def _refused(name: str) -> StartRefused:
    return StartRefused(
        f"UNITY_JOBS__ZONE is not valid: there is no time zone {name!r}; write it as Europe/Berlin."
    )
