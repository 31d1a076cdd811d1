"""What is wrong with a pool, with the source of each rule. Pure: a view and the time.

A worse value never makes a verdict better: every rule only adds a reason, and the level is that
of the worst one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.pools.datasets import DatasetView, judge_datasets
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolMember, PoolView
from app.services.infrastructure.storage.rules import RANK, Level

SCRUB_EVERY = timedelta(days=32)  # Zabbix community template "ZFS on Linux"
_MISMATCHES = 1024  # netdata, health.d/mdstat.conf
_NO_REDUNDANCY = frozenset({"raid0", "linear"})
_NOT_READABLE = frozenset(
    {"FAULTED", "UNAVAIL", "SUSPENDED", "OFFLINE", "REMOVED", "inactive", "broken", "exported"}
)
_LATE = timedelta(days=7)
_SWAPS = frozenset({"raid1", "raid10"})  # writes in flight differ there without any fault
_FULL_PERCENT, _METADATA_PERCENT = 98.0, 90.0  # netdata, health.d/btrfs.conf

_ZFS = "OpenZFS, zpool-status(8) and its message pages"
_ZFS_STATES = "netdata, health.d/zfs.conf"
_KERNEL_MD = "Linux, Documentation/admin-guide/md.rst"
_NETDATA_MD = "netdata, health.d/mdstat.conf"
_NETDATA_BTRFS = "netdata, health.d/btrfs.conf"
_SCRUBS = "Zabbix community template for ZFS: a scrub at least every 32 days"
_LVM = "lvs(8) and vgs(8): attributes of missing and damaged volumes"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known beside the view: the last scrub, the first sight, and the schedule."""

    last_scrub_at: datetime | None = None
    first_seen_at: datetime | None = None
    scrub_days: int = 0
    scrub_errors: int | None = None  # of btrfs, which only root may ask
    uncorrectable: int | None = None
    datasets: Sequence[DatasetView] = ()  # of ZFS


_NOTHING = Kept()


def judge_pool(pool: PoolView, now: datetime, kept: Kept = _NOTHING) -> list[PoolReason]:
    """Return all reasons, the worst first; none means that it is well."""
    found = [
        *_judge_kind(pool),
        *_scrub_age(pool, now, kept),
        *_btrfs_scrub(pool, kept),
        *judge_datasets(pool.name, kept.datasets),
    ]
    return sorted(found, key=lambda reason: -RANK[reason.level])


def _judge_kind(pool: PoolView) -> list[PoolReason]:
    match pool.kind:
        case PoolKind.ZFS:
            return list(_judge_zfs(pool))
        case PoolKind.MD:
            return list(_judge_md(pool))
        case PoolKind.BTRFS:
            return list(_judge_btrfs(pool))
        case PoolKind.LVM:
            return list(_judge_lvm(pool))


def level_of(reasons: list[PoolReason]) -> Level:
    """Return the level of the worst reason."""
    return max((reason.level for reason in reasons), key=RANK.__getitem__, default=Level.OK)


def _judge_zfs(pool: PoolView) -> Iterator[PoolReason]:
    if pool.state != "ONLINE":
        yield _zfs_state(pool)
    yield from _zfs_errors(pool)
    yield from _zfs_scrub(pool)


def _zfs_state(pool: PoolView) -> PoolReason:
    broken = [one for one in pool.members if one.is_leaf and not one.is_well]
    named = ", ".join(f"{one.name} is {one.state}" for one in broken[:5])
    is_redundant = pool.state == "DEGRADED"
    resilvers = pool.activity == "resilver"
    fix = "Replace the device: `zpool replace {pool} OLD NEW`. See `zpool status -v {pool}`."
    if resilvers:
        fix = "A new device is being filled: wait for its end, and replace no other device now."
    return PoolReason(
        code="zfs_degraded" if is_redundant else "zfs_not_available",
        level=Level.WARNING if is_redundant else Level.FAILING,
        topic="state",
        message=f"The pool is {pool.state}" + (f": {named}." if named else "."),
        fix=fix.replace("{pool}", pool.name),
        source=_ZFS_STATES,
    )


def _zfs_errors(pool: PoolView) -> Iterator[PoolReason]:
    if pool.data_errors:
        yield PoolReason(
            code="zfs_data_errors",
            level=Level.FAILING,
            topic="errors",
            message=f"{_count(pool.data_errors, 'permanent error')}: data that no copy could mend.",
            fix=f"See which files: `zpool status -v {pool.name}`. Restore them from a backup,"
            f" then `zpool clear {pool.name}` and `zpool scrub {pool.name}`.",
            source=f"{_ZFS} (ZFS-8000-8A)",
        )
    for one in pool.members:
        if one.is_leaf and _errors(one):
            yield PoolReason(
                code="zfs_device_errors",
                level=Level.WARNING,
                topic="errors",
                message=f"{one.name} has had errors: {one.read_errors or 0} of reading,"
                f" {one.write_errors or 0} of writing, {one.checksum_errors or 0} of checksums.",
                fix="Look at the drive's own verdict, its cable and its power; then"
                f" `zpool clear {pool.name} {one.name}` and `zpool scrub {pool.name}`.",
                source=f"{_ZFS} (ZFS-8000-9P)",
            )
        elif one.is_leaf and not one.is_well and pool.state == "ONLINE":
            yield PoolReason(
                code="zfs_auxiliary_device",
                level=Level.WARNING,
                topic="state",
                message=f"{one.name} ({one.role}) is {one.state}.",
                fix=f"Replace it, or take it out: `zpool remove {pool.name} {one.name}`.",
                source=_ZFS,
            )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _errors(one: PoolMember) -> int:
    return (one.read_errors or 0) + (one.write_errors or 0) + (one.checksum_errors or 0)


def _zfs_scrub(pool: PoolView) -> Iterator[PoolReason]:
    start = f"`zpool scrub {pool.name}`"
    if pool.last_scrub_errors:
        yield PoolReason(
            code="scrub_found_errors",
            level=Level.WARNING,
            topic="errors",
            message="The last pass over the data ended with"
            f" {_count(pool.last_scrub_errors, 'error')}.",
            fix=f"See `zpool status -v {pool.name}`; mend the cause, then {start}.",
            source=_ZFS,
        )
    if pool.activity == "scrub" and pool.is_activity_paused:
        yield PoolReason(
            code="scrub_paused",
            level=Level.WATCH,
            topic="scrub",
            message="The scrub is paused.",
            fix=f"Let it go on: {start}.",
            source="TrueNAS: a scrub that stays paused is told",
        )


def _scrub_age(pool: PoolView, now: datetime, kept: Kept) -> Iterator[PoolReason]:
    """Say that the last scrub is too long ago; of what keeps no date, only where one is planned."""
    if pool.activity or pool.state in _NOT_READABLE or pool.missing:
        return
    last = pool.last_scrub_at or kept.last_scrub_at
    is_expected = pool.kind is PoolKind.ZFS or kept.scrub_days > 0
    since = last or (kept.first_seen_at if is_expected else None)
    limit = timedelta(days=kept.scrub_days) + _LATE if kept.scrub_days else SCRUB_EVERY
    if since is None or now - since <= limit:
        return
    days = (now - since).days
    never = f"It has not been scrubbed in the {days} days that it is known."
    yield PoolReason(
        code="scrub_overdue",
        level=Level.WARNING,
        topic="scrub",
        message=f"The last scrub ended {days} days ago." if last else never,
        fix="Start one on its page, or have one planned: data that nobody reads rot unseen.",
        source="The schedule of this pool, and a week" if kept.scrub_days else _SCRUBS,
    )


def _judge_md(pool: PoolView) -> Iterator[PoolReason]:
    faulty = [one.name for one in pool.members if not one.is_well]
    if pool.state in ("inactive", "broken") and not pool.layout.startswith("container"):
        yield PoolReason(
            code="md_inactive",
            level=Level.FAILING,
            topic="state",
            message=f"The array is {pool.state}: nothing on it can be read.",
            fix=f"See `mdadm --detail /dev/{pool.name}` and"
            f" `journalctl -k | grep {pool.name}`; then `mdadm --assemble --scan`.",
            source=_KERNEL_MD,
        )
    elif pool.missing and pool.layout not in _NO_REDUNDANCY:
        yield _md_degraded(pool, faulty)
    elif faulty:
        yield PoolReason(
            code="md_faulty_member",
            level=Level.WARNING,
            topic="state",
            message=f"{', '.join(faulty)} is marked faulty, though the array is whole.",
            fix=f"Take it out: `mdadm /dev/{pool.name} --remove /dev/{faulty[0]}`, and replace it.",
            source=_KERNEL_MD,
        )
    if pool.activity == "repair":
        yield PoolReason(
            code="md_repairs",
            level=Level.WATCH,
            topic="errors",
            message="The array is being repaired.",
            fix="Wait for its end, then look at what was found.",
            source=_KERNEL_MD,
        )
    if pool.mismatches:
        is_much = pool.mismatches > _MISMATCHES and pool.layout not in _SWAPS
        yield PoolReason(
            code="md_mismatches",
            level=Level.WARNING if is_much else Level.WATCH,
            topic="errors",
            message=f"The copies differed in {pool.mismatches} sectors at the last check.",
            fix="Check the drives and the memory; then"
            f" `echo repair > /sys/block/{pool.name}/md/sync_action`.",
            source=_NETDATA_MD,
        )


def _md_degraded(pool: PoolView, faulty: list[str]) -> PoolReason:
    recovers = pool.activity in ("recovery", "reshape")
    gone = f" ({', '.join(faulty)} failed)" if faulty else ""
    message = f"{pool.working} of {pool.wanted} members work{gone}."
    if recovers:
        message += " A new member is being filled."
    return PoolReason(
        code="md_rebuilding" if recovers else "md_degraded",
        level=Level.WARNING if recovers else Level.FAILING,
        topic="state",
        message=message,
        fix="Wait for its end; the loss of one more member may be too much."
        if recovers
        else f"Replace the drive, then `mdadm /dev/{pool.name} --add /dev/NEW`.",
        source=_NETDATA_MD,
    )


def _judge_btrfs(pool: PoolView) -> Iterator[PoolReason]:
    if pool.missing:
        yield PoolReason(
            code="btrfs_missing_device",
            level=Level.FAILING,
            topic="state",
            message=f"{pool.missing} of {pool.wanted} devices are missing.",
            fix="Replace it: `btrfs replace start NUMBER /dev/NEW MOUNTPOINT`.",
            source=_NETDATA_BTRFS,
        )
    for one in pool.members:
        if one.write_errors:
            yield _btrfs_errors(one, "writing", one.write_errors, Level.FAILING)
        if one.read_errors:
            yield _btrfs_errors(one, "reading", one.read_errors, Level.WARNING)
        if one.checksum_errors:
            yield _btrfs_errors(one, "checksums", one.checksum_errors, Level.WARNING)
    unallocated, size = pool.unallocated_bytes, pool.size_bytes
    if unallocated is None or not size or pool.metadata_percent is None:
        return
    allocated = 100 * (1 - unallocated / size)
    if allocated > _FULL_PERCENT and pool.metadata_percent > _METADATA_PERCENT:
        yield PoolReason(
            code="btrfs_no_room_for_metadata",
            level=Level.WARNING,
            topic="space",
            message=f"All space is set aside, and metadata use {pool.metadata_percent:.0f} % of"
            " theirs: writing can fail while df shows free space.",
            fix="Give space back: `btrfs balance start -dusage=20 MOUNTPOINT`.",
            source=_NETDATA_BTRFS,
        )


def _btrfs_scrub(pool: PoolView, kept: Kept) -> Iterator[PoolReason]:
    if pool.kind is not PoolKind.BTRFS or not kept.scrub_errors:
        return
    lost = kept.uncorrectable or 0
    mended = "all were mended" if not lost else f"{lost} could not be mended"
    first = (
        "See which files: `journalctl -k | grep BTRFS`. Restore them"
        if lost
        else "Nothing is lost. Look at the verdicts of the drives"
    )
    yield PoolReason(
        code="scrub_found_errors",
        level=Level.FAILING if lost else Level.WATCH,
        topic="errors",
        message=f"The last scrub found {_count(kept.scrub_errors, 'error')}: {mended}.",
        fix=f"{first}, then scrub again: `btrfs scrub start {pool.mount or 'MOUNTPOINT'}`.",
        source="btrfs-scrub(8)",
    )


def _btrfs_errors(one: PoolMember, what: str, number: int, level: Level) -> PoolReason:
    return PoolReason(
        code=f"btrfs_{what}_errors",
        level=level,
        topic="errors",
        message=f"{one.name} has had {number} errors of {what}.",
        fix="Look at the drive's own verdict; then `btrfs scrub start MOUNTPOINT`, and"
        " `btrfs device stats --reset MOUNTPOINT` when it is mended.",
        source=_NETDATA_BTRFS,
    )


def _judge_lvm(pool: PoolView) -> Iterator[PoolReason]:
    if pool.missing or pool.state == "partial":
        yield PoolReason(
            code="lvm_missing",
            level=Level.FAILING,
            topic="state",
            message=f"{pool.missing} of {pool.wanted} physical volumes are missing.",
            fix=f"Bring the drive back, or see what is left: `vgs -a -o +devices {pool.name}`.",
            source=_LVM,
        )
    for volume in pool.volumes:
        if volume.health and volume.health != "partial":
            yield PoolReason(
                code="lvm_volume_health",
                level=Level.WARNING,
                topic="state",
                message=f"{volume.name}: {volume.health}.",
                fix=f"See `lvs -a -o +lv_health_status {pool.name}/{volume.name}`.",
                source=_LVM,
            )
