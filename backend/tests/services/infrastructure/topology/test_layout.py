"""What stands on what is read off the block devices, whatever lies between."""

import pytest

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.facts.block_devices import BlockDevice, BlockDevices
from app.services.infrastructure.facts.filesystems import Filesystem, Filesystems
from app.services.infrastructure.topology.layout import (
    Ground,
    Stack,
    deepest_mount,
    mounted,
    volume_group,
)


def device(name: str, kind: str, *parents: str, kname: str = "", uuid: str = "") -> BlockDevice:
    return BlockDevice(
        name=name, kname=kname or name, type=kind, mountpoints=[], parents=[*parents], uuid=uuid
    )


STACK = Stack(
    BlockDevices(
        devices=[
            device("sda", "disk"),
            device("sda1", "part", "sda"),
            device("sdb", "disk"),
            device("sdb1", "part", "sdb"),
            device("md0", "raid1", "sda1", "sdb1"),
            device("my--data-web", "lvm", "md0", kname="dm-0"),
            device("sdc", "disk"),
            device("sdc1", "part", "sdc"),
            device("vault", "crypt", "sdc1", kname="dm-1"),
            device("sdd", "disk", uuid="6d1c"),
            device("loop0", "loop"),
            device("bcache0", "disk", "sda", "sdd"),
            device("drbd1", "disk", "my--data-web"),
        ]
    )
)


def at(source: str, mountpoint: str = "/srv", fstype: str = "ext4", size: int = 1) -> Filesystem:
    return Filesystem(
        device=source,
        mountpoint=mountpoint,
        fstype=fstype,
        size_bytes=size,
        used_bytes=0,
        available_bytes=size,
    )


@pytest.mark.parametrize(
    ("filesystem", "ground"),
    [
        (at("/dev/sda1"), {Ground("sda")}),
        (at("/dev/mapper/vault"), {Ground("sdc")}),
        (at("/dev/md0"), {Ground("md0", PoolKind.MD)}),
        (at("/dev/mapper/my--data-web"), {Ground("my-data", PoolKind.LVM)}),
        (at("/dev/my-data/web"), {Ground("my-data", PoolKind.LVM)}),
        (at("/dev/sdd", fstype="btrfs"), {Ground("6d1c", PoolKind.BTRFS)}),
        (at("tank/home/alice", fstype="zfs"), {Ground("tank", PoolKind.ZFS)}),
        (at("/dev/loop0"), set()),
        (at("/dev/bcache0"), {Ground("sda"), Ground("sdd")}),
        (at("/dev/drbd1"), {Ground("my-data", PoolKind.LVM)}),
        (at("server:/export", fstype="nfs"), set()),
    ],
)
def test_a_file_system_stands_on_the_first_pool_or_drive_below_it(
    filesystem: Filesystem, ground: set[Ground]
) -> None:
    assert STACK.under_filesystem(filesystem) == ground


def test_a_pool_stands_on_drives_or_on_another_pool_and_never_on_itself() -> None:
    group = Ground("my-data", PoolKind.LVM)

    assert STACK.under_member(["/dev/sda1", "sda1"], Ground("md0", PoolKind.MD)) == {Ground("sda")}
    assert STACK.under_member(["/dev/md0"], group) == {Ground("md0", PoolKind.MD)}
    assert STACK.under_member(["/dev/mapper/my--data-web"], group) == set()
    assert STACK.under_member(["gone"], group) == set()


def test_the_walk_goes_through_a_pool_that_nobody_may_ask_about() -> None:
    listed = [device("sda", "disk"), device("vg-root", "lvm", "sda", kname="dm-0")]
    stack = Stack(BlockDevices(devices=listed), pools={Ground("tank", PoolKind.ZFS)})

    assert stack.under_filesystem(at("/dev/mapper/vg-root")) == {Ground("sda")}


ZVOLS = BlockDevices(
    devices=[
        device("zd0", "disk"),
        device("zd16", "disk"),
        device("zd16p1", "part", "zd16"),
    ]
)


@pytest.mark.parametrize("source", ["/dev/zd0", "/dev/zd16p1", "/dev/zvol/tank/vm/web-part1"])
def test_a_file_system_on_a_volume_of_zfs_stands_on_the_pool(source: str) -> None:
    assert Stack(ZVOLS, imported=["tank"]).under_filesystem(at(source)) == {
        Ground("tank", PoolKind.ZFS)
    }


def test_of_several_pools_only_the_name_of_a_volume_says_which_is_meant() -> None:
    stack = Stack(ZVOLS, imported=["fast", "tank"])

    assert stack.under_filesystem(at("/dev/zvol/tank/web")) == {Ground("tank", PoolKind.ZFS)}
    assert stack.under_filesystem(at("/dev/zd0")) == set()


def test_devices_that_name_each_other_as_parents_end_the_walk() -> None:
    knot = Stack(BlockDevices(devices=[device("a", "part", "b"), device("b", "part", "a")]))

    assert knot.under_filesystem(at("/dev/a")) == set()


@pytest.mark.parametrize(
    ("name", "group"),
    [("vg-lv", "vg"), ("my--data-web", "my-data"), ("a--b--c-d--e", "a-b-c"), ("vg", "vg")],
)
def test_the_volume_group_is_read_out_of_the_mappers_name(name: str, group: str) -> None:
    assert volume_group(name) == group


def test_of_a_thousand_datasets_the_largest_are_kept() -> None:
    many = [at(f"tank/{n}", f"/tank/{n}", "zfs", size=n) for n in range(1000)]

    kept = mounted(Filesystems(filesystems=many))

    assert len(kept) == 100
    assert kept[0].size_bytes == 999


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/var/lib/postgresql/15/main", "/var/lib"),
        ("/var/lib", "/var/lib"),
        ("/var/libexec", "/"),
        ("/", "/"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path: str, mount: str) -> None:
    assert deepest_mount(path, {"/": 1, "/var/lib": 1}) == mount
