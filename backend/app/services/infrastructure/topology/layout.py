"""From what a machine shows to what stands on what: pure.

A file system lies on a device; that on a partition, an encrypted or logical volume, an array; and
so on down to drives. The walk stops at the first pool that is known, or at a drive: what a pool
stands on is told by its own members. LVM is known only where Unity may ask as root.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.facts.block_devices import BlockDevice, BlockDevices
from app.services.infrastructure.facts.filesystems import Filesystem, Filesystems

# ZFS may have a thousand of them, all of one pool.
_MOST = 100
# `vg-lv`: a hyphen inside of either name is doubled (lvm(8), dm_build_dm_name).
_SPLIT = re.compile(r"(?<!-)-(?!-)")
# A volume of ZFS: the kernel numbers it, and udev links it by its name.
_ZVOL = re.compile(r"zd\d+")
_ZVOL_LINK = re.compile(r"/dev/zvol/([^/]+)/.")


@dataclass(frozen=True, slots=True)
class Ground:
    """What something stands on directly: a pool by its kind and name, or a drive's kernel name."""

    name: str
    pool: PoolKind | None = None


def mounted(listed: Filesystems) -> list[Filesystem]:
    """Return the file systems that are kept, the largest where there are too many."""
    unique = {one.mountpoint: one for one in listed.filesystems if one.mountpoint}
    return sorted(unique.values(), key=lambda one: -one.size_bytes)[:_MOST]


class Stack:
    """The block devices of one machine, by name.

    `imported` are the ZFS pools that the machine has now. Nothing tells of which of them `zd0` is,
    so it is known only where there is one.
    """

    def __init__(
        self,
        listed: BlockDevices,
        pools: Container[Ground] | None = None,
        imported: Sequence[str] = (),
    ) -> None:
        self._pools = pools
        self._of_zvols = Ground(imported[0], PoolKind.ZFS) if len(imported) == 1 else None
        self._by_name: dict[str, BlockDevice] = {}
        for one in listed.devices:
            self._by_name.setdefault(one.name, one)
            self._by_name[one.kname] = one
        self._by_mount = {mount: one for one in listed.devices for mount in one.mountpoints}

    def under_filesystem(self, one: Filesystem) -> set[Ground]:
        """Return what a mounted file system stands on."""
        if one.fstype == "zfs":
            return {Ground(one.device.split("/", 1)[0], PoolKind.ZFS)}
        volume = _ZVOL_LINK.match(one.device)
        if volume is not None:
            return {Ground(volume[1], PoolKind.ZFS)}
        device = self._find(one.device) or self._by_mount.get(one.mountpoint)
        if device is None:
            return set()
        if one.fstype == "btrfs" and device.uuid:
            return {Ground(device.uuid, PoolKind.BTRFS)}
        return self._under(device)

    def under_member(self, names: Sequence[str], pool: Ground) -> set[Ground]:
        """Return what a member of a pool stands on; by the first of its names that is known."""
        for name in names:
            device = self._find(name)
            if device is not None:
                return self._under(device) - {pool}
        return set()

    def _find(self, path: str) -> BlockDevice | None:
        if path.startswith("/dev/mapper/"):
            return self._by_name.get(path.removeprefix("/dev/mapper/"))
        found = self._by_name.get(path.removeprefix("/dev/"))
        if found is None and path.startswith("/dev/") and path.count("/") > 2:  # noqa: PLR2004 - /dev/vg/lv
            group, _, volume = path.removeprefix("/dev/").partition("/")
            return self._by_name.get(f"{_doubled(group)}-{_doubled(volume)}")
        return found

    def _under(self, device: BlockDevice) -> set[Ground]:
        found: set[Ground] = set()
        waiting, seen = [device], set[str]()
        while waiting:
            one = waiting.pop()
            if one.kname in seen:
                continue
            seen.add(one.kname)
            ground = self._of_zvols if _ZVOL.fullmatch(one.kname) else _ground(one)
            if ground is not None and self._is_known(ground):
                found.add(ground)
            else:
                waiting += self._parents(one)
        return found

    def _is_known(self, ground: Ground) -> bool:
        return ground.pool is None or self._pools is None or ground in self._pools

    def _parents(self, device: BlockDevice) -> Iterator[BlockDevice]:
        for name in device.parents:
            if name in self._by_name:
                yield self._by_name[name]


def _ground(device: BlockDevice) -> Ground | None:
    if device.type == "lvm":
        return Ground(volume_group(device.name), PoolKind.LVM)
    if device.type.startswith("raid") or re.fullmatch(r"md(\d+|_.*)", device.kname):
        return Ground(device.kname, PoolKind.MD)
    # bcache and DRBD call themselves disks, too, but stand on others.
    is_drive = device.type == "disk" and not device.parents
    return Ground(device.kname) if is_drive else None


def volume_group(name: str) -> str:
    """Return the volume group in the name that the device mapper gives a logical volume."""
    return _SPLIT.split(name, maxsplit=1)[0].replace("--", "-")


def _doubled(name: str) -> str:
    return name.replace("-", "--")


def deepest_mount(path: str, mountpoints: Mapping[str, object]) -> str | None:
    """Return the mount point under which a path lies."""
    place = path.rstrip("/") or "/"
    while place not in mountpoints:
        if place in ("", "/"):
            return "/" if "/" in mountpoints else None
        place = place.rpartition("/")[0] or "/"
    return place
