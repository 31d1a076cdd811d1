"""Every command of a whole round, as a scripted machine that has everything was sent them.

`python -m tests.services.infrastructure.round_commands` prints the page of the documentation.
"""

import asyncio
import json
import shlex
from collections.abc import Iterable, Sequence
from datetime import timedelta

from app.models.infrastructure.storage_action import ActionKind
from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import Command
from app.services.core.facts import Rate
from app.services.infrastructure.drive_round import ask_drives
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.smart_tools import SmartTools
from app.services.infrastructure.facts.table import FACTS, group_of
from app.services.infrastructure.pool_round import ask_pools
from app.services.infrastructure.pools.scrubs import PoolPlace, pool_commands
from app.services.infrastructure.privileges import Grant
from app.services.infrastructure.storage.self_tests import (
    LONG,
    SHORT,
    abort_command,
    start_command,
)
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.storage.reports import nvme

TOOLS = SmartTools(smartctl="7.3", has_json=True, nvme="2.3")
NVME_ONLY = SmartTools(nvme="2.3")
_BUDGET = timedelta(seconds=30)
_DF = (
    "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
    "/dev/sdc btrfs 1000000 4000 600000 - - /srv/pictures\n"
)
_HEALTH = '{"critical_warning": 0}'
_SCAN = {
    "smartctl": {"exit_status": 0},
    "devices": [
        {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    ],
}
PLACES = (
    PoolPlace(PoolKind.ZFS, "tank"),
    PoolPlace(PoolKind.MD, "md0", "raid1"),
    PoolPlace(PoolKind.BTRFS, "pictures", mount="/srv/pictures"),
    PoolPlace(PoolKind.LVM, "data", volumes=("mirror",)),
)


def asked() -> list[Command]:
    """Return what rounds send, in their order."""
    groups = [group_of(rate, as_root=True) for rate in Rate]
    sent = [command for group in groups for command in group.commands]
    return [*sent, *asyncio.run(_of_drives_and_pools())]


def with_pools() -> FakeShell:
    """Return a machine with an array and a btrfs file system."""
    machine = FakeShell()
    files = "".join(_recorded("md_arrays", "debian-12-degraded")) + _btrfs()
    machine.answers(*ARRAY_FILES.argv, stdout=files)
    machine.answers(*FilesystemsFact.commands[0].argv, stdout=_DF)
    return machine


async def _of_drives_and_pools() -> list[Command]:
    machine = with_pools()
    machine.answers("smartctl", "-n", "standby", "-j", "--scan-open", stdout=json.dumps(_SCAN))
    lsblk = next(fact for fact in FACTS if fact.name == "block_devices").commands[0]
    disk = {"name": "nvme0n1", "kname": "nvme0n1", "type": "disk", "size": 1}
    machine.answers(*lsblk.argv, stdout=json.dumps({"blockdevices": [disk]}))
    read = ("smartctl", "-n", "standby", "-x", "-j", "-d", "nvme", "/dev/nvme0")
    machine.answers(*read, stdout=json.dumps(nvme()))
    machine.answers("nvme", "smart-log", "-o", "json", "/dev/nvme0n1", stdout=_HEALTH)
    await ask_drives(machine, TOOLS, sudo=True, budget=_BUDGET)
    await ask_drives(machine, NVME_ONLY, sudo=True, budget=_BUDGET)
    await ask_pools(machine, sudo=True, budget=_BUDGET, are_awake=True)
    await ask_pools(machine, sudo=False, budget=_BUDGET, are_awake=False, as_root=False)
    return machine.calls


def _recorded(fact: str, case: str) -> list[str]:
    reader = next(one for one in FACTS if one.name == fact)
    return [result.stdout for result in load(reader, FOLDER / fact / f"{case}.yaml").results]


def _btrfs() -> str:
    folder = "/sys/fs/btrfs/945b666a-4a38-4798-9506-66351170efc2"
    devices = "".join(f"{folder}/devices/{name}/size:614400\n" for name in ("sdc", "sdd"))
    numbers = "".join(f"{folder}/devinfo/{number}/missing:0\n" for number in (1, 2))
    return f"{folder}/label:pictures\n{devices}{numbers}"


def changing() -> list[Command]:
    """Return what changes something on a machine; only people and schedules send these."""
    tests = [
        start_command("/dev/sda", "sat", SHORT, sudo=True),
        start_command("/dev/sda", "sat", LONG, sudo=True),
        abort_command("/dev/sda", "sat", sudo=True),
    ]
    verbs = (ActionKind.SCRUB, ActionKind.PAUSE, ActionKind.STOP)
    scrubs = [
        command
        for place in PLACES
        for verb in verbs
        for command in pool_commands(place, verb, sudo=True)
    ]
    return [*tests, *scrubs]


def lines(commands: Iterable[Command]) -> list[str]:
    """Return each command once, as one would type it."""
    return list(dict.fromkeys(shlex.join(command.argv) for command in commands))


def page() -> str:
    """Return the page of the documentation."""
    reading = [command for command in asked() if command.sudo]
    return _PAGE.format(
        everybody=_block(lines(command for command in asked() if not command.sudo)),
        root=_block(lines(reading)),
        changing=_block(lines(changing())),
        sudo_reading=_block(Grant("", "", "", "", reading).lines("unity")),
        sudo_changing=_block(Grant("", "", "", "", changing()).lines("unity")),
    )


def _block(texts: Sequence[str]) -> str:
    return "\n".join(texts)


_PAGE = """# Every command that Unity sends

Unity asks machines over SSH, and sends nothing but what stands here; a test compares this page with
what a whole round sends to a machine that has everything. `/dev/sda`, `md0`, `tank`, `data` and
`/srv/pictures` stand for the drives and pools of the machine, in the names that it gave them.

No command of a round changes anything, and none wakes a disk: `smartctl` always has `-n standby`,
and what else is asked is kept by the kernel in memory. Only LVM, `mdadm --detail`,
`btrfs device usage` and `zfs list` may read the disks themselves; where a disk of the machine slept
when it was last asked, they are left out until it is awake. Where it is not known whether the disks
sleep, `zfs list` is only asked of a machine whose disks have no platters.

## Asked with the rights of the login

```
{everybody}
```

## Asked as root, where the login is root or may use sudo

```
{root}
```

## Sent only when a person or a schedule starts it

```
{changing}
```

## The sudoers lines for exactly these

Each line allows one command to the letter: no wildcard, no further argument, no shell. *Access* on
the page of a server shows them for the drives and pools of that machine, with what each right
unlocks; `Test connection` finds the folder of each program.

To look only:

```
{sudo_reading}
```

To start self-tests and scrubs as well:

```
{sudo_changing}
```

sudo compares the words of a command joined by spaces. So a line with a name that holds a space,
such as a mount point `/srv/a b`, also allows the same words apart: give such places another name.
"""

if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is what is asked for
