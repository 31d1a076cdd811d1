"""The generated sudoers lines on a real sudo: exactly what Unity sends, and nothing else."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.models.infrastructure.storage_action import ActionKind
from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.drive_round import drive_command, scan_command
from app.services.infrastructure.facts.lvm import LvmFact
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.facts.smart_tools import SmartTools
from app.services.infrastructure.pools.scrubs import PoolPlace, pool_commands
from app.services.infrastructure.privileges import Grant
from app.services.infrastructure.storage.self_tests import abort_command, start_command
from tests.parts.sshd import throw_away_account

pytestmark = [pytest.mark.needs("root"), pytest.mark.needs("sshd")]

TOOLS = SmartTools(smartctl="7.3", has_json=True)
DRIVE = ScannedDevice(name="/dev/sda", type="sat")
TANK = PoolPlace(PoolKind.ZFS, "tank")
PLACES = (
    TANK,
    PoolPlace(PoolKind.MD, "md0", "raid1"),
    PoolPlace(PoolKind.BTRFS, "b", mount="/srv/a b"),
)
COMMANDS = (
    scan_command(TOOLS, sudo=True),
    drive_command(TOOLS, DRIVE, sudo=True),
    *LvmFact().commands,
    start_command("/dev/sda", "sat", "short", sudo=True),
    start_command("/dev/sda", "sat", "long", sudo=True),
    abort_command("/dev/sda", "sat", sudo=True),
    *(
        command
        for place in PLACES
        for kind in (ActionKind.SCRUB, ActionKind.STOP)
        for command in pool_commands(place, kind, sudo=True)
    ),
)
REFUSED: Sequence[tuple[str, ...]] = (
    ("smartctl", "-s", "off", "/dev/sda"),
    ("smartctl", "--set", "wcache,off", "/dev/sda"),
    ("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sdb"),
    ("smartctl", "-n", "standby", "-x", "-j", "-d", "sat", "/dev/sda", "-s", "off"),
    ("smartctl", "-n", "standby", "-t", "offline", "-d", "sat", "/dev/sda"),
    ("smartctl",),
    ("sh", "-c", "id"),
    ("bash",),
    ("zpool", "destroy", "tank"),
    ("zpool", "scrub", "other"),
    ("mdadm", "--action=check", "/dev/md0", "--force"),
    ("mdadm", "--stop", "/dev/md0"),
    ("btrfs", "scrub", "start", "/srv/a", "c"),
    ("btrfs", "scrub", "start", "/srv/a b", "-B"),
    ("lvremove", "data"),
)


@contextlib.contextmanager
def allowed(account: str) -> Iterator[None]:
    """Give an account the generated lines for the time of a test."""
    lines = Grant("all", "All", "", "", COMMANDS).lines(account)
    file = Path("/etc/sudoers.d") / account
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o440)
    try:
        subprocess.run(["visudo", "-c", "-q", "-f", str(file)], check=True)
        yield
    finally:
        file.unlink()


def may(account: str, argv: Sequence[str]) -> bool:
    """Ask sudo itself whether an account may run a command, without running it."""
    folder = "/usr/bin" if argv[0] in ("btrfs", "sh", "bash") else "/usr/sbin"
    asked = subprocess.run(
        ["sudo", "-n", "-l", "-U", account, f"{folder}/{argv[0]}", *argv[1:]],
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0


def test_sudo_permits_exactly_what_is_asked_and_nothing_else(tmp_path: Path) -> None:
    with throw_away_account("/bin/sh", tmp_path / "home") as account, allowed(account.name):
        permitted = [command.argv for command in COMMANDS if may(account.name, command.argv)]
        # A program that this machine lacks cannot be asked about.
        there = [one for one in COMMANDS if _is_there(one.argv[0])]
        assert permitted == [command.argv for command in there]
        assert permitted, "At least one of the programs is installed where this runs."
        assert [argv for argv in REFUSED if may(account.name, argv)] == []


def _is_there(program: str) -> bool:
    folder = "/usr/bin" if program == "btrfs" else "/usr/sbin"
    return Path(folder, program).exists()


def test_no_line_has_a_wildcard_or_lets_arguments_through() -> None:
    for line in Grant("all", "All", "", "", COMMANDS).lines("unity"):
        command = line.partition("NOPASSWD: ")[2]
        assert not {"*", "?", "[", "!"}.intersection(command.replace("\\", ""))
        assert len(command.split()) > 1, "Without arguments sudo would allow any."
