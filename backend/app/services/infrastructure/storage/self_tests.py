"""The commands of self-tests, and what smartctl answers to them."""

import re
from dataclasses import dataclass

from app.kernel.errors import Conflict
from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome

SHORT, LONG = "short", "long"
_SECONDS = 30.0
_MINUTES = re.compile(r"Please wait (\d{1,6}) minutes?")
_STARTED = ("Testing has begun", "has begun", "Self-test has begun", "background self test")


class SelfTestRefused(Conflict):
    """The drive cannot be tested now."""


@dataclass(frozen=True, slots=True)
class Started:
    """What became of asking for a test."""

    message: str
    minutes: int | None = None


def start_command(path: str, smart_type: str, kind: str, *, sudo: bool) -> Command:
    """Return the command that starts a test, unless the drive sleeps."""
    kinds = () if smart_type in ("", "auto") else ("-d", smart_type)
    argv = ("smartctl", "-n", "standby", "-t", kind, *kinds, path)
    return Command(argv, seconds=_SECONDS, sudo=sudo)


def abort_command(path: str, smart_type: str, _kind: str = "", *, sudo: bool) -> Command:
    """Return the command that ends a self-test, unless the drive sleeps."""
    kinds = () if smart_type in ("", "auto") else ("-d", smart_type)
    return Command(("smartctl", "-n", "standby", "-X", *kinds, path), seconds=_SECONDS, sudo=sudo)


def read_start(result: CommandResult) -> Started:
    """Read the answer, or raise `SelfTestRefused` with what smartctl said."""
    if result.outcome is not Outcome.RAN:
        words = {
            Outcome.ABSENT: "smartctl is not installed there.",
            Outcome.REFUSED: "The login may not start tests as root.",
        }
        raise SelfTestRefused(
            words.get(result.outcome, "The drive did not answer in time."),
            fix="Test the connection of its server: it shows the sudoers lines that are missing.",
        )
    minutes = _MINUTES.search(result.stdout)
    if minutes or any(words in result.stdout for words in _STARTED):
        return Started("The test has begun.", int(minutes[1]) if minutes else None)
    if "device successfully opened" in result.stdout:
        # Up to 7.3 smartctl reads the option and does nothing for NVMe (its NEWS for 7.4).
        raise SelfTestRefused(
            "The smartctl there cannot start tests of NVMe drives.",
            fix="Install smartmontools 7.4 or newer on the machine.",
        )
    lines = [line for line in result.stdout.splitlines()[3:] if line.strip()]
    said = printable(lines[0].strip()[:200]) if lines else "smartctl said nothing."
    raise SelfTestRefused(f"The drive did not start the test: {said}")
