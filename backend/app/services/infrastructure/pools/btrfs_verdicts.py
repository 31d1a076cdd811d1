"""What is wrong with a btrfs file system."""

import shlex
from collections.abc import Iterator

from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolMember, PoolView
from app.services.infrastructure.pools.words import counted, grown
from app.services.infrastructure.storage.rules import Level

_FULL_PERCENT, _METADATA_PERCENT = 98.0, 90.0  # netdata, health.d/btrfs.conf
_NETDATA_BTRFS = "netdata, health.d/btrfs.conf"


def judge_btrfs(pool: PoolView) -> Iterator[PoolReason]:
    """Yield all reasons but those of its scrubs."""
    place = _place(pool)
    if pool.missing:
        yield _missing(pool)
    for one in pool.members:
        if one.write_errors:
            yield _errors(one, "writing", one.write_errors, Level.FAILING, place)
        if one.read_errors:
            yield _errors(one, "reading", one.read_errors, Level.WARNING, place)
        if one.checksum_errors:
            yield _errors(one, "checksums", one.checksum_errors, Level.WARNING, place)
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
            fix=f"Give space back: `btrfs balance start -dusage=20 {place}`.",
            source=_NETDATA_BTRFS,
        )


def judge_btrfs_scrub(pool: PoolView, errors: int | None, lost: int) -> Iterator[PoolReason]:
    """Say what its last scrub found, which only root is told."""
    if not errors:
        return
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
        message=f"The last scrub found {counted(errors, 'error')}: {mended}.",
        fix=f"{first}, then scrub again: `btrfs scrub start {_place(pool)}`.",
        source="btrfs-scrub(8)",
    )


def _missing(pool: PoolView) -> PoolReason:
    gone = next((one for one in pool.members if one.state == "missing"), None)
    number = gone.name.removeprefix("device ") if gone is not None else "NUMBER"
    if not number.isdecimal():
        number = "NUMBER"
    return PoolReason(
        code="btrfs_missing_device",
        level=Level.FAILING,
        topic="state",
        message=f"{pool.missing} of {pool.wanted} devices are missing.",
        fix=f"Replace it: `btrfs replace start {number} /dev/NEW {_place(pool)}`.",
        source=_NETDATA_BTRFS,
    )


def _errors(one: PoolMember, what: str, number: int, level: Level, place: str) -> PoolReason:
    return PoolReason(
        code=f"btrfs_{what}_errors",
        level=level,
        topic="errors",
        message=f"{one.name} has had {counted(number, 'error')} of {what}{grown(one)}.",
        fix=f"Look at the drive's own verdict (`btrfs device stats {place}` names it); then"
        f" `btrfs scrub start {place}`, and `btrfs device stats --reset {place}` when it is"
        " mended.",
        source=_NETDATA_BTRFS,
    )


def _place(pool: PoolView) -> str:
    return shlex.quote(pool.mount) if pool.mount else "MOUNTPOINT"
