"""What is wrong with an md array."""

from collections.abc import Iterator

from app.kernel.text import in_command
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolMember, PoolView
from app.services.infrastructure.storage.rules import Level

_MISMATCHES = 1024  # netdata, health.d/mdstat.conf
_NO_REDUNDANCY = frozenset({"raid0", "linear"})
# How many members an array can lose. What RAID10 can lose depends on which ones.
_SPARED = {"raid4": 1, "raid5": 1, "raid6": 2}
_SWAPS = frozenset({"raid1", "raid10"})  # writes in flight differ there without any fault
_FILLS = frozenset({"recovery", "reshape"})
_KERNEL_MD = "Linux, Documentation/admin-guide/md.rst"
_NETDATA_MD = "netdata, health.d/mdstat.conf"


def judge_md(pool: PoolView) -> Iterator[PoolReason]:
    """Yield all reasons but that of age."""
    yield from _state(pool)
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
            f" `echo repair > /sys/block/{in_command(pool.name)}/md/sync_action`, and a check"
            " after it: the number stays until one finds less.",
            source=_NETDATA_MD,
        )


def _state(pool: PoolView) -> Iterator[PoolReason]:
    faulty = [one.name for one in pool.members if not one.is_well]
    if pool.state in ("inactive", "broken") and not pool.layout.startswith("container"):
        yield _inactive(pool)
    elif pool.missing and pool.layout not in _NO_REDUNDANCY:
        yield _failed(pool, faulty) if _has_failed(pool) else _degraded(pool, faulty)
    elif faulty:
        yield PoolReason(
            code="md_faulty_member",
            level=Level.WARNING,
            topic="state",
            message=f"{', '.join(faulty)} is marked faulty, though the array is whole.",
            fix=f"Take it out: `mdadm {_device(pool)} --remove /dev/{in_command(faulty[0])}`,"
            " and replace it.",
            source=_KERNEL_MD,
        )


def _inactive(pool: PoolView) -> PoolReason:
    device = _device(pool)
    start = f"start it with those that are there: `mdadm --run {device}`"
    if pool.state == "broken":
        start = f"bring back the drive that is lost, `mdadm --stop {device}`, then assemble it"
    return PoolReason(
        code="md_inactive",
        level=Level.FAILING,
        topic="state",
        message=f"The array is {pool.state}: nothing on it can be read.",
        fix=f"See which members are missing: `mdadm --detail {device}` and"
        f" `journalctl -k | grep {in_command(pool.name)}`. Then {start};"
        f" or begin anew: `mdadm --stop {device}`, `mdadm --assemble --scan`.",
        source=_KERNEL_MD,
    )


def _device(pool: PoolView) -> str:
    return in_command(f"/dev/{pool.name}")


def _has_failed(pool: PoolView) -> bool:
    return pool.working == 0 or pool.missing > _SPARED.get(pool.layout, pool.missing)


def _failed(pool: PoolView, faulty: list[str]) -> PoolReason:
    gone = f" ({', '.join(faulty)} failed)" if faulty else ""
    return PoolReason(
        code="md_failed",
        level=Level.FAILING,
        topic="state",
        message=f"The array has failed: {pool.working} of {pool.wanted} members work{gone}, and"
        f" {pool.layout} needs more.",
        fix="Write nothing and create nothing anew. Copy what can be read; look whether the members"
        f" only lost their connection; then `mdadm --stop {_device(pool)}` and"
        " `mdadm --assemble --force` with the members whose event counts are highest"
        " (`mdadm --examine`).",
        source=_KERNEL_MD,
    )


def _degraded(pool: PoolView, faulty: list[str]) -> PoolReason:
    recovers = pool.activity in _FILLS
    # After a drive with several arrays was replaced, they are filled one after the other.
    waits = not recovers and pool.is_activity_waiting and any(map(_is_filled, pool.members))
    gone = f" ({', '.join(faulty)} failed)" if faulty else ""
    message = f"{pool.working} of {pool.wanted} members work{gone}."
    if recovers:
        message += " A new member is being filled."
    elif waits:
        message += " A new member is there, and waits until another array is filled."
    is_mended = recovers or waits
    return PoolReason(
        code="md_rebuilding" if is_mended else "md_degraded",
        level=Level.WARNING if is_mended else Level.FAILING,
        topic="state",
        message=message,
        fix="Wait for its end; the loss of one more member may be too much."
        if is_mended
        else f"Replace the drive, then `mdadm {_device(pool)} --add /dev/NEW`.",
        source=_NETDATA_MD,
    )


def _is_filled(one: PoolMember) -> bool:
    return one.role in ("rebuilding", "spare")
