"""Whatever a machine calls its things, the commands that a person is told to type stay whole."""

import re
import shlex
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from app.services.core.alerts.types import Condition
from app.services.infrastructure.alarms import problems
from app.services.infrastructure.depth_conditions import depth_conditions
from app.services.infrastructure.facts.filesystems import Filesystem, Filesystems
from app.services.infrastructure.facts.kernel_log import KernelEvent, KernelLog
from app.services.infrastructure.facts.timers import Timer, Timers
from app.services.infrastructure.facts.units import FailedUnit, FailedUnits

# systemd writes the dashes of a path like this, which a shell would make "x2d" of.
SWAP = r"dev-disk-by\x2duuid-1.swap"
ODD = "a b; $(reboot)"


def conditions(value: BaseModel) -> Iterator[Condition]:
    yield from problems({"one": value})
    for _, found in depth_conditions({"one": value}):
        yield from found


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (FailedUnits(units=[FailedUnit(name=SWAP, state="failed", description="")]), SWAP),
        (Timers(timers=[Timer(name=ODD, starts=SWAP, trouble="late")]), ODD),
        (Timers(timers=[Timer(name=ODD, starts=SWAP, trouble="late")]), SWAP),
        (
            Filesystems(
                filesystems=[
                    Filesystem(
                        mountpoint=f"/srv/{ODD}",
                        device="/dev/sdb1",
                        fstype="ext4",
                        size_bytes=100,
                        used_bytes=99,
                        available_bytes=1,
                    )
                ]
            ),
            f"/srv/{ODD}",
        ),
        (
            KernelLog(
                events=[
                    KernelEvent(
                        kind="storage", subject=ODD, message="", at=0, seconds_ago=1, times=1
                    )
                ]
            ),
            ODD,
        ),
    ],
    ids=["unit", "timer", "unit of a timer", "folder", "disk"],
)
def test_a_name_stays_one_word_of_the_shell(value: BaseModel, name: str) -> None:
    (told,) = conditions(value)
    commands = re.findall(r"`([^`]+)`", told.fix)
    assert commands
    words = [word for command in commands for word in shlex.split(command)]
    assert name in words
    assert "$(reboot)" not in words
