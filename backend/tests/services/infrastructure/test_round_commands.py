"""What a round sends is on the page of the documentation, changes nothing, and wakes no disk."""

from datetime import timedelta
from pathlib import Path

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.shell import Command
from app.services.infrastructure.pool_round import ask_pools
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.round_commands import asked, changing, page, with_pools
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

PAGE = Path(__file__).parents[4] / "docs" / "commands.md"
# The first words of programs that change something; none may be in a round.
_WRITES = frozenset(
    {"rm", "mv", "cp", "dd", "tee", "touch", "chmod", "chown", "mkfs", "mount", "umount", "kill",
     "reboot", "systemctl restart", "lvchange", "lvremove", "vgchange", "hdparm", "sgdisk"}
)  # fmt: skip
_FORBIDDEN = frozenset({"-t", "-X", "-s", "--set", "-o", "-S"})


def _writes(command: Command) -> bool:
    return command.argv[0] in _WRITES or command in changing()


def test_no_command_of_a_round_changes_anything() -> None:
    assert [command.argv for command in asked() if _writes(command)] == []
    smart = [command for command in asked() if command.argv[0] == "smartctl"]
    assert [one.argv for one in smart if _FORBIDDEN.intersection(one.argv)] == []
    nvme = {one.argv[1] for one in asked() if one.argv[0] == "nvme"}
    assert nvme == {"version", "smart-log", "self-test-log"}, "Logs are read, nothing is set."


def test_no_command_of_a_round_wakes_a_disk() -> None:
    smart = [command for command in [*asked(), *changing()] if command.argv[0] == "smartctl"]
    waking = [one.argv for one in smart if one.argv[1:3] != ("-n", "standby")]
    assert waking == [("smartctl", "--version")], "The version is no question to a drive."


async def test_mdadm_is_not_asked_while_a_disk_may_sleep() -> None:
    machine = with_pools()
    await ask_pools(machine, sudo=True, budget=timedelta(seconds=30), are_awake=False)
    assert [one.argv for one in machine.calls if one.argv[0] == "mdadm"] == []
    btrfs = [one.argv[1] for one in machine.calls if one.argv[0] == "btrfs"]
    assert btrfs == ["scrub", "balance"], "which device is which may have to be read from them"


async def test_zfs_is_asked_for_its_datasets_only_where_no_platter_can_sleep() -> None:
    machine = with_pools()
    for are_awake in (True, False):
        await ask_pools(
            machine, sudo=True, budget=timedelta(seconds=30), are_awake=are_awake, as_root=False
        )
    awake, unknown = (one.argv[-1] for one in machine.calls)
    assert "zfs list" in awake
    assert "rotational" not in awake
    assert unknown.index("rotational && exit 0") < unknown.index("zfs list")


async def test_lvm_rests_while_a_disk_sleeps(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "A-1"))
    reads(machine, ("/dev/sda", "sat", "smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"))
    await site.collector().collect_server(server_id)
    machine.calls.clear()
    await site.next_cycle()
    assert {one.argv[0] for one in machine.calls} & {"lvm"} == set()
    reads(machine, ("/dev/sda", "sat", ata()))
    await site.collector().collect_server(server_id)
    machine.calls.clear()
    await site.next_cycle()
    assert {one.argv[0] for one in machine.calls} >= {"lvm"}


def test_the_page_shows_exactly_what_is_sent() -> None:
    module = "tests.services.infrastructure.round_commands"
    assert PAGE.read_text() == page(), f"Write it again: python -m {module} > ../docs/commands.md"
