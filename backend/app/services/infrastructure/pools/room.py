"""How full a pool may get, for its verdict and for the rules that tell of it."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolView, Volume
from app.services.infrastructure.storage.rules import Level


@dataclass(frozen=True, slots=True)
class Room:
    """From how many percent on something is nearly full, and from how many it has no room left."""

    nearly: float
    last: float
    source: str


ZFS_DATA = Room(85.0, 95.0, "sanoid and TrueNAS: 80 to 85 %, critical at 95 %")
THIN_DATA = Room(90.0, 98.0, "netdata, health.d/lvm.conf: 90 %, critical at 98 %")
THIN_METADATA = Room(80.0, 95.0, "lvmthin(7): full metadata must be repaired off line")


def judge_room(pool: PoolView) -> Iterator[PoolReason]:
    """Yield what is nearly full.

    The rules tell of it, as people may set their levels; so its topic is no alert of the pool.
    """
    match pool.kind:
        case PoolKind.ZFS:
            yield from _full(
                ZFS_DATA,
                "It",
                pool.used_percent,
                "Delete what is not needed, old snapshots first: `zfs list -t snapshot"
                f" -o name,used -s used -r {shlex.quote(pool.name)}`; or add drives.",
            )
        case PoolKind.LVM:
            for volume in pool.volumes:
                if volume.can_overflow:
                    yield from _volume(pool, volume)
        case _:
            pass  # the file system on an array, and that of btrfs, are watched by themselves


def _volume(pool: PoolView, volume: Volume) -> Iterator[PoolReason]:
    place = shlex.quote(f"{pool.name}/{volume.name}")
    larger = f"Make it larger: `lvextend -L +SIZE {place}`; or delete what it holds."
    yield from _full(THIN_DATA, volume.name, volume.data_percent, larger)
    if volume.layout == "thin-pool":
        yield from _full(
            THIN_METADATA,
            f"The metadata area of {volume.name}",
            volume.metadata_percent,
            f"Make it larger: `lvextend --poolmetadatasize +SIZE {place}`; or delete snapshots.",
        )


def _full(room: Room, what: str, percent: float | None, fix: str) -> Iterator[PoolReason]:
    if percent is None or percent < room.nearly:
        return
    is_last = percent >= room.last
    yield PoolReason(
        code="pool_full",
        level=Level.FAILING if is_last else Level.WARNING,
        topic="room",
        message=f"{what} {'has no room left' if is_last else 'is nearly full'}:"
        f" {percent:.0f} % used.",
        fix=fix,
        source=room.source,
    )
