"""The one form in which pools of all kinds are judged, stored and shown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.facts.block_devices import BlockDevices, BlockDevicesFact
from app.services.infrastructure.facts.btrfs import Btrfs, BtrfsFilesystem
from app.services.infrastructure.facts.clock import Clock, ClockFact
from app.services.infrastructure.facts.lvm import Lvm, VolumeGroup
from app.services.infrastructure.facts.md.model import MdArray, MdArrays, MemberRole
from app.services.infrastructure.facts.zfs.model import (
    Scan,
    ScanKind,
    ScanState,
    VdevGroup,
    ZfsPool,
    ZfsPools,
)
from app.services.infrastructure.pool_round import mounts_of

_IDLE = frozenset({"", "idle", "frozen"})
_SYNC_WORDS = {"recover": "recovery"}


class PoolMember(BaseModel):
    """A device, or what devices are put together to; `parent` is the index of the one above."""

    name: str
    state: str
    role: str = ""  # data, log, cache, spare …; of md: active, faulty, rebuilding …
    parent: int | None = None
    is_leaf: bool = True
    is_well: bool = True
    path: str = ""
    read_errors: int | None = None
    write_errors: int | None = None
    checksum_errors: int | None = None
    note: str = ""
    errors_grew_at: datetime | None = None  # when the errors were last seen to be more
    errors_grew_by: int | None = None

    @property
    def errors(self) -> int:
        """How many it has had, of all kinds."""
        return (self.read_errors or 0) + (self.write_errors or 0) + (self.checksum_errors or 0)


class Volume(BaseModel):
    """A logical volume with a use of its own: a thin pool, a mirror."""

    name: str
    layout: str
    size_bytes: int | None = None
    can_overflow: bool = False  # being full is bad: a thin pool, a snapshot of the old kind
    data_percent: float | None = None
    metadata_percent: float | None = None
    sync_percent: float | None = None
    health: str = ""


class PoolView(BaseModel):
    """One pool as a machine shows it."""

    kind: PoolKind
    identity: str
    name: str
    layout: str = ""
    state: str
    size_bytes: int | None = None
    used_bytes: int | None = None
    used_percent: float | None = None
    fragmentation_percent: float | None = None
    activity: str = ""
    is_activity_paused: bool = False
    is_activity_waiting: bool = False  # of md: for another array on the same drives
    activity_started_at: datetime | None = None
    activity_bytes: int | None = None  # what it has to go through
    paused_at: datetime | None = None
    activity_percent: float | None = None
    activity_seconds_left: int | None = None
    last_scrub_at: datetime | None = None
    last_scrub_errors: int | None = None
    last_scrub_bytes: int | None = None  # what it read
    last_scrub_seconds: int | None = None
    last_scrub_repaired_bytes: int | None = None
    last_scan: str = ""  # how the last pass of ZFS stands: finished, cancelled …
    mount: str = ""  # where btrfs is mounted first
    data_errors: int | None = None  # permanent: data that no copy could mend
    mismatches: int | None = None
    bitmap: str = ""  # of md: internal, external, or none
    missing: int = 0  # members that should be there and are not
    wanted: int | None = None
    working: int | None = None
    unallocated_bytes: int | None = None
    metadata_percent: float | None = None  # btrfs: use of what metadata has
    message_id: str = ""
    status: str = ""
    action: str = ""
    members: list[PoolMember] = []
    volumes: list[Volume] = []


class ScanFields(TypedDict, total=False):
    """The fields of a view that a scan fills."""

    activity: str
    is_activity_paused: bool
    activity_percent: float | None
    activity_seconds_left: int | None
    activity_started_at: datetime | None
    activity_bytes: int | None
    paused_at: datetime | None
    last_scan: str
    last_scrub_errors: int | None
    last_scrub_at: datetime | None
    last_scrub_bytes: int | None
    last_scrub_seconds: int | None
    last_scrub_repaired_bytes: int | None


def views_of(values: Mapping[str, BaseModel]) -> dict[PoolKind, list[PoolView]]:
    """Return the pools by kind; a kind that was not read this time is not a key."""
    found: dict[PoolKind, list[PoolView]] = {}
    shown = values.get(ClockFact.name)
    clock = shown if isinstance(shown, Clock) else None
    for value in values.values():
        match value:
            case ZfsPools():
                partitions = _partitions(values)
                found[PoolKind.ZFS] = [_zfs(pool, clock, partitions) for pool in value.pools]
            case MdArrays():
                found[PoolKind.MD] = [
                    _md(array) for array in value.arrays if array.level != "container"
                ]
            case Btrfs():
                mounts = mounts_of(values)
                found[PoolKind.BTRFS] = [_btrfs(one, mounts) for one in value.filesystems]
            case Lvm():
                found[PoolKind.LVM] = [_lvm(group, value) for group in value.groups]
            case _:
                pass
    return found


def _partitions(values: Mapping[str, BaseModel]) -> dict[str, str]:
    """Return the paths of partitions by their numbers, by which ZFS may have been told of them."""
    listed = values.get(BlockDevicesFact.name)
    if not isinstance(listed, BlockDevices):
        return {}
    return {one.partuuid.lower(): f"/dev/{one.kname}" for one in listed.devices if one.partuuid}


def _zfs(pool: ZfsPool, clock: Clock | None, partitions: Mapping[str, str]) -> PoolView:
    tops = [one for one in pool.vdevs if one.parent is None and one.group is VdevGroup.DATA]
    layouts = {one.name.rsplit("-", 1)[0] if not one.is_leaf else "stripe" for one in tops}
    return PoolView(
        kind=PoolKind.ZFS,
        identity=pool.guid or pool.name,
        name=pool.name,
        layout=", ".join(sorted(layouts)),
        state=pool.state,
        size_bytes=pool.size_bytes,
        used_bytes=pool.allocated_bytes,
        used_percent=pool.capacity_percent,
        fragmentation_percent=pool.fragmentation_percent,
        **_scan(pool.scan, clock),
        data_errors=pool.data_errors,
        message_id=pool.message_id,
        status=pool.status,
        action=pool.action,
        members=[
            PoolMember(
                name=one.name,
                state=one.state,
                role=one.group.value,
                parent=one.parent,
                is_leaf=one.is_leaf,
                is_well=one.state in ("ONLINE", "AVAIL", "INUSE"),
                path=partitions.get(one.name.rpartition("/")[2].lower(), one.path),
                read_errors=one.read_errors,
                write_errors=one.write_errors,
                checksum_errors=one.checksum_errors,
                note=one.note,
            )
            for one in pool.vdevs
        ],
    )


def _scan(scan: Scan | None, clock: Clock | None) -> ScanFields:
    """Return what a pool shows of what runs, or of what ended last."""
    if scan is None:
        return {}
    if scan.state in (ScanState.RUNNING, ScanState.PAUSED):
        return {
            "activity": scan.kind.value,
            "is_activity_paused": scan.state is ScanState.PAUSED,
            "activity_percent": scan.percent,
            # The machine's own clock, as the times of the pool are by it, too.
            "activity_seconds_left": scan.time_left(clock.now) if clock else scan.seconds_left,
            "activity_started_at": _time(scan.started_at),
            "activity_bytes": scan.total_bytes,
            "paused_at": _time(scan.paused_at),
            "last_scan": scan.state.value,
        }
    found: ScanFields = {"last_scan": scan.state.value}
    if scan.state is ScanState.FINISHED:
        found["last_scrub_errors"] = scan.errors
        if scan.kind is ScanKind.SCRUB:
            found["last_scrub_at"] = _time(scan.ended_at)
            found["last_scrub_bytes"] = scan.examined_bytes
            found["last_scrub_seconds"] = scan.duration_seconds
            found["last_scrub_repaired_bytes"] = scan.repaired_bytes
    return found


def _md(array: MdArray) -> PoolView:
    sync = array.sync
    wanted, working = array.wanted, array.working
    return PoolView(
        kind=PoolKind.MD,
        identity=array.uuid or array.name,
        name=array.name,
        layout=array.level,
        state=array.state,
        size_bytes=array.size_bytes,
        activity=sync.kind.value if sync is not None and not sync.is_waiting else "",
        is_activity_waiting=sync is not None and sync.is_waiting,
        activity_percent=sync.percent if sync is not None else None,
        activity_seconds_left=sync.seconds_left if sync is not None else None,
        mismatches=array.mismatches,
        bitmap=array.bitmap,
        missing=wanted - working if wanted is not None and working is not None else 0,
        wanted=wanted,
        working=working,
        members=[
            PoolMember(
                name=one.name,
                state=one.role.value,
                role=one.role.value,
                is_well=one.role is not MemberRole.FAULTY,
                path=f"/dev/{one.name}",
                read_errors=one.errors,
            )
            for one in array.members
        ],
    )


def _btrfs(one: BtrfsFilesystem, mounts: Mapping[str, str]) -> PoolView:
    used = sum(part.used_bytes for part in one.allocations)
    raw = sum(part.raw_bytes for part in one.allocations)
    total = sum(part.total_bytes for part in one.allocations)
    # What is free counts copies as the data that are there do.
    copies = raw / total if total else 1.0
    size = one.size_bytes / copies if copies else one.size_bytes
    metadata = next((part for part in one.allocations if part.kind == "metadata"), None)
    missing = sum(1 for device in one.devices if device.is_missing)
    return PoolView(
        kind=PoolKind.BTRFS,
        identity=one.uuid,
        name=one.label or one.uuid,
        layout=f"{len(one.devices)} devices" if len(one.devices) > 1 else "single device",
        state="missing devices" if missing else "mounted",
        size_bytes=round(size),
        used_bytes=used,
        used_percent=round(100 * used / size, 1) if size else None,
        activity=one.operation,
        mount=next((mounts[name] for name in one.device_names if name in mounts), ""),
        missing=missing,
        wanted=len(one.devices),
        working=len(one.devices) - missing,
        unallocated_bytes=one.unallocated_bytes,
        metadata_percent=round(100 * metadata.used_bytes / metadata.total_bytes, 1)
        if metadata and metadata.total_bytes
        else None,
        members=[
            PoolMember(
                # The kernel's files do not tell which number is which device, but for one.
                name=one.device_names[0] if len(one.devices) == 1 else f"device {device.number}",
                state="missing" if device.is_missing else "present",
                role="data",
                is_well=not device.is_missing,
                read_errors=device.read_errors,
                write_errors=_sum(device.write_errors, device.flush_errors),
                checksum_errors=_sum(device.corruption_errors, device.generation_errors),
            )
            for device in one.devices
        ]
        + [
            PoolMember(name=name, state="present", role="device", path=f"/dev/{name}")
            for name in one.device_names
            if len(one.devices) != 1
        ],
    )


def _lvm(group: VolumeGroup, lvm: Lvm) -> PoolView:
    size, free = group.size_bytes, group.free_bytes
    used = size - free if size is not None and free is not None else None
    mine = [one for one in lvm.logical if one.group == group.name and not one.is_hidden]
    disks = [one for one in lvm.physical if one.group == group.name]
    busy = next((one for one in mine if one.sync_action not in _IDLE), None)
    return PoolView(
        kind=PoolKind.LVM,
        identity=group.uuid or group.name,
        name=group.name,
        layout="volume group",
        state="partial" if group.is_partial else "exported" if group.is_exported else "normal",
        size_bytes=size,
        used_bytes=used,
        used_percent=round(100 * used / size, 1) if used is not None and size else None,
        activity=_SYNC_WORDS.get(busy.sync_action, busy.sync_action) if busy else "",
        activity_percent=busy.sync_percent if busy else None,
        mismatches=_sum(*(one.mismatches for one in mine)),
        # Some versions count none that are missing, though their attributes name them.
        missing=max(group.missing or 0, sum(1 for one in disks if one.is_missing)),
        wanted=group.volumes,
        members=[
            PoolMember(
                name=one.name.removeprefix("/dev/"),
                state="missing" if one.is_missing else "present",
                role="physical volume",
                is_well=not one.is_missing,
                path=one.name if one.name.startswith("/") else "",
            )
            for one in disks
        ],
        volumes=[
            Volume(
                name=one.name,
                layout=one.segment,
                size_bytes=one.size_bytes,
                can_overflow=one.can_overflow,
                data_percent=one.data_percent,
                metadata_percent=one.metadata_percent,
                sync_percent=one.sync_percent,
                health=one.health,
            )
            for one in mine
        ],
    )


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _time(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
