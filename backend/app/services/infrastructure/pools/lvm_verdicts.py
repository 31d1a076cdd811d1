"""What is wrong with a volume group of LVM."""

import shlex
from collections.abc import Iterator, Mapping

from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolView, Volume
from app.services.infrastructure.storage.rules import Level

_LVM = "lvs(8) and vgs(8): attributes of missing and damaged volumes"
# The words of `lv_health_status` (lib/metadata/lv.c), and what to do about each.
_HEALTH: Mapping[str, tuple[Level, str, str]] = {
    "failed": (
        Level.FAILING,
        "has failed: the kernel took it out of use",
        (
            "See `journalctl -k | grep -i thin`; then `lvchange -an {volume}` and"
            " `lvconvert --repair {volume}`."
        ),
    ),
    "out_of_data": (
        Level.FAILING,
        "has no room for data: writing waits, then fails",
        "Make it larger: `lvextend -L +SIZE {volume}`, after `vgextend` where the group is full.",
    ),
    "metadata_read_only": (
        Level.FAILING,
        "can only be read: its metadata are full or damaged",
        (
            "Make them larger: `lvextend --poolmetadatasize +SIZE {volume}`; if that does not help,"
            " `lvchange -an {volume}` and `lvconvert --repair {volume}`."
        ),
    ),
    "refresh needed": (
        Level.WARNING,
        "has a member that was away and is back",
        "Take it in again: `lvchange --refresh {volume}`.",
    ),
    "mismatches exist": (
        Level.WARNING,
        "has copies that differ",
        "Look at the drives and the memory; then `lvchange --syncaction repair {volume}`.",
    ),
}


def judge_lvm(pool: PoolView) -> Iterator[PoolReason]:
    """Yield all reasons but that of age."""
    if pool.missing or pool.state == "partial":
        missing = f"{pool.missing} of {pool.wanted}" if pool.missing else "Some"
        yield PoolReason(
            code="lvm_missing",
            level=Level.FAILING,
            topic="state",
            message=f"{missing} physical volumes are missing.",
            fix="Bring the drive back, or see what is left:"
            f" `vgs -a -o +devices {shlex.quote(pool.name)}`.",
            source=_LVM,
        )
    if pool.state == "exported":
        name = shlex.quote(pool.name)
        yield PoolReason(
            code="lvm_exported",
            level=Level.WATCH,
            topic="exported",
            message="It was exported: nothing on it can be used until it is imported.",
            fix=f"Move its drives to their new machine, or take it in again: `vgimport {name}`,"
            f" then `vgchange -ay {name}`.",
            source="vgexport(8)",
        )
    for volume in pool.volumes:
        if volume.health and volume.health != "partial":
            yield _health(pool, volume)


def _health(pool: PoolView, volume: Volume) -> PoolReason:
    place = shlex.quote(f"{pool.name}/{volume.name}")
    other = (Level.WARNING, f"is not well: {volume.health}", "See `lvs -a -o +lv_health_status`.")
    level, words, fix = _HEALTH.get(volume.health, other)
    return PoolReason(
        code="lvm_volume_health",
        level=level,
        topic="state",
        message=f"{volume.name} {words}.",
        fix=fix.format(volume=place),
        source=_LVM,
    )
