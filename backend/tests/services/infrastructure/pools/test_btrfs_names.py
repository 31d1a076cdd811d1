"""Which number is which device of btrfs: asked for every six hours, believed as long as it fits."""

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.services.infrastructure.facts.btrfs_status import read_devices
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from app.services.infrastructure.pools.remembered import with_names
from app.services.infrastructure.pools.view import PoolView
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.recordings import pools
from tests.services.infrastructure.pools.test_ledger import rows, shows
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

# Printed by btrfs-progs 6.2 on Debian 12, the first time whole, the second without its disk.
WHOLE = """/dev/loop0, ID: 1
   Device size:           209715200
   Device slack:                  0
   Data,RAID1:             67108864
   Unallocated:           100663296

/dev/loop1, ID: 2
   Device size:           209715200
   Device slack:                  0
   Data,RAID1:             67108864
   Unallocated:           100663296

"""
WITHOUT = WHOLE.replace("/dev/loop1", "missing").replace("size:           209715200", "size: 0")
NAMES = {1: "loop0", 2: "loop1"}


def members(view: PoolView) -> list[tuple[str, str, int | None]]:
    return [(one.name, one.note, one.checksum_errors) for one in view.members]


def test_the_devices_are_read_by_number_and_a_missing_one_has_no_name() -> None:
    assert read_devices(WHOLE) == NAMES
    assert read_devices(WITHOUT) == {1: "loop0"}
    assert read_devices("/dev/disk/by id/a b, ID: 7\n") == {7: "a b"}
    assert read_devices("ERROR: not a btrfs filesystem: /srv\n") == {}


def test_errors_are_told_of_the_device_by_its_name() -> None:
    (shown,) = pools("btrfs", "debian-12-corrupted")
    named = with_names(shown, NAMES)
    assert members(named) == [("loop0", "device 1", 0), ("loop1", "device 2", 12800)]
    assert [one.path for one in named.members] == ["/dev/loop0", "/dev/loop1"]


def test_a_name_that_the_kernel_does_not_show_any_more_is_not_believed() -> None:
    """A device may have been replaced since; its number stays."""
    (shown,) = pools("btrfs", "debian-12-corrupted")
    assert with_names(shown, {1: "loop0", 2: "sdx"}).members[1].name == "device 2"
    assert with_names(shown, {}) == shown
    (missing,) = pools("btrfs", "debian-12-missing-device")
    lost = [one.name for one in with_names(missing, NAMES).members if not one.is_well]
    assert lost == ["device 2"]


@pytest.mark.parametrize("sudo", ["none", "passwordless"])
async def test_the_alert_names_the_device_after_a_slow_round(
    database: Database, clock: ManualClock, vault: Vault, sudo: str
) -> None:
    site = Site(database, clock, vault)
    username = "root" if sudo == "none" else "unity"
    server_id = await site.enter("nas", username=username, sudo=sudo)
    machine = site.machine(server_id)
    shows(machine, "btrfs", "debian-12-corrupted")
    mounts = "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
    mounts += "/dev/loop0 btrfs 1000000 4000 600000 - - /srv/b\n"
    machine.answers(*FilesystemsFact.commands[0].argv, stdout=mounts)
    lists(machine, disk("sda", "WD-1"))
    reads(machine, ("/dev/sda", "sat", ata()))  # no disk sleeps that this could wake
    machine.answers("btrfs", "device", "usage", "-b", "/srv/b", stdout=WHOLE)
    await site.collector().collect_due()
    await site.collector().collect_server(server_id)
    await site.next_cycle()
    (pool,) = await rows(site)
    assert [one["message"] for one in pool.reasons] == ["loop1 has had 12800 errors of checksums."]
