"""A self-test is started by one exact command, and a refusal is told as what it is."""

import pytest

from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.storage.self_tests import (
    SelfTestRefused,
    abort_command,
    read_start,
    start_command,
)


def test_a_test_never_wakes_a_disk() -> None:
    command = start_command("/dev/sda", "sat", "short", sudo=True)
    assert command.argv == ("smartctl", "-n", "standby", "-t", "short", "-d", "sat", "/dev/sda")
    ending = abort_command("/dev/nvme0", "nvme", sudo=True)
    assert ending.argv == ("smartctl", "-n", "standby", "-X", "-d", "nvme", "/dev/nvme0")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.RAN, "smartctl 7.3\nCopyright\n\nDevice is in STANDBY mode, exit(2)\n"),
        (Outcome.RAN, "smartctl 7.3\nCopyright\n\nCan't start self-test without aborting\n"),
        (Outcome.RAN, "smartctl 7.3\nCopyright\n\nNVMe device successfully opened\n"),
        (Outcome.REFUSED, ""),
        (Outcome.TIMED_OUT, ""),
    ],
)
def test_a_refusal_says_what_smartctl_said(outcome: Outcome, said: str) -> None:
    with pytest.raises(SelfTestRefused) as caught:
        read_start(CommandResult(("smartctl",), outcome, 0, said, ""))
    assert str(caught.value)


def test_a_start_tells_how_long_it_takes() -> None:
    said = "smartctl 7.3\n\nTesting has begun.\nPlease wait 2 minutes for test to complete.\n"
    assert read_start(CommandResult(("smartctl",), Outcome.RAN, 0, said, "")).minutes == 2
