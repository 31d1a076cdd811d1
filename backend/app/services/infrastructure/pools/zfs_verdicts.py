"""What is wrong with a ZFS pool: its state, its errors, and what its message is about."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.view import PoolMember, PoolView
from app.services.infrastructure.pools.words import counted, grown
from app.services.infrastructure.storage.rules import Level

PAUSED_FOR = timedelta(hours=8)  # TrueNAS, alert/source/scrub_paused.py
MOST_DEVICES = 10  # of one kind, named each; the rest are counted
_ZFS = "OpenZFS, zpool-status(8) and its message pages"
_ZFS_STATES = "netdata, health.d/zfs.conf"
_MULTIHOST = "ZFS-8000-MM"

# Every message of `libzfs_status.c`. Most belong to a state or to errors that are told for
# themselves; where nothing else is, the message is told, in the words of the tool.
MESSAGES: Mapping[str, tuple[Level, str]] = {
    "ZFS-8000-14": (Level.FAILING, "Its cache file is damaged"),
    "ZFS-8000-2Q": (Level.WARNING, "A device is missing, and others have its data"),
    "ZFS-8000-3C": (Level.FAILING, "A device is missing, and no other has its data"),
    "ZFS-8000-4J": (Level.WARNING, "The label of a device is damaged, and others have its data"),
    "ZFS-8000-5E": (Level.FAILING, "The label of a device is damaged, and no other has its data"),
    "ZFS-8000-6X": (Level.FAILING, "A device of its configuration is missing"),
    "ZFS-8000-72": (Level.FAILING, "Its records are damaged"),
    "ZFS-8000-8A": (Level.FAILING, "Files are damaged"),
    "ZFS-8000-9P": (Level.WARNING, "A device has had errors"),
    "ZFS-8000-A5": (Level.FAILING, "It is of a newer version than the system"),
    "ZFS-8000-ER": (Level.WATCH, "It has an erratum of an older version"),
    "ZFS-8000-EY": (Level.WARNING, "It was last used by another machine, or by another identity"),
    "ZFS-8000-HC": (Level.FAILING, "It waits for devices that do not answer"),
    "ZFS-8000-JQ": (Level.FAILING, "It refuses to write, as devices do not answer"),
    "ZFS-8000-K4": (Level.FAILING, "Its log of last writes cannot be read"),
    _MULTIHOST: (Level.FAILING, "Its guard against use by two machines has stopped it"),
}


def judge_zfs(pool: PoolView, now: datetime) -> Iterator[PoolReason]:
    """Yield all reasons but those of age and datasets."""
    found = [*_state(pool), *_errors(pool)]
    yield from found
    if not found and pool.message_id in MESSAGES:
        yield _message(pool)
    yield from _scrub(pool, now)


def _state(pool: PoolView) -> Iterator[PoolReason]:
    if pool.state == "ONLINE":
        return
    broken = [one for one in pool.members if one.is_leaf and not one.is_well]
    named = ", ".join(f"{one.name} is {one.state}" for one in broken[:5])
    more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""  # noqa: PLR2004 - as named
    is_redundant = pool.state == "DEGRADED"
    yield PoolReason(
        code="zfs_degraded" if is_redundant else "zfs_not_available",
        level=Level.WARNING if is_redundant else Level.FAILING,
        topic="state",
        message=f"The pool is {pool.state}" + (f": {named}{more}." if named else "."),
        fix=_degraded_fix(pool, broken) if is_redundant else _lost_fix(pool),
        source=_ZFS_STATES,
    )


def _degraded_fix(pool: PoolView, broken: Sequence[PoolMember]) -> str:
    name = shlex.quote(pool.name)
    if pool.activity == "resilver":
        return "A new device is being filled: wait for its end, and replace no other device now."
    states = {one.state for one in broken}
    device = shlex.quote(broken[0].name) if broken else "DEVICE"
    if any(one.state == "INUSE" for one in pool.members):
        return (
            "A spare has taken its place. Replace the drive:"
            f" `zpool replace {name} {device} NEW`; or keep the spare for good:"
            f" `zpool detach {name} {device}`."
        )
    if states == {"OFFLINE"}:
        return f"It was switched off by hand. Take it in again: `zpool online {name} {device}`."
    if states == {"REMOVED"}:
        return (
            "It was pulled out, or has lost its connection: look at cable and power, put it back,"
            f" then `zpool online {name} {device}`."
        )
    return f"Replace the device: `zpool replace {name} {device} NEW`. See `zpool status -v {name}`."


def _lost_fix(pool: PoolView) -> str:
    name = shlex.quote(pool.name)
    if pool.message_id == _MULTIHOST:
        return (
            "Another machine may write to it. Make sure that it is imported nowhere else, then"
            " restart this machine and import it again."
        )
    if pool.state == "SUSPENDED":
        return (
            "All that uses the pool waits. Bring its drives back (power, cables, controller), then"
            f" `zpool clear {name}`."
        )
    return (
        f"Too many devices are lost. Bring back what is missing, then `zpool clear {name}`;"
        f" `zpool status -v {name}` shows which. Create nothing anew on its drives."
    )


def _errors(pool: PoolView) -> Iterator[PoolReason]:
    if pool.data_errors:
        yield _data_errors(pool)
    hurt = [one for one in pool.members if one.errors and one.is_leaf]
    yield from (_device_errors(pool, one) for one in hurt[:MOST_DEVICES])
    if len(hurt) > MOST_DEVICES:
        yield _more_devices(pool, len(hurt) - MOST_DEVICES)
    yield from (_group_errors(pool, one) for one in _hurt_groups(pool)[:MOST_DEVICES])
    if pool.state == "ONLINE":
        lost = [one for one in pool.members if one.is_leaf and not one.is_well and not one.errors]
        yield from (_auxiliary(pool, one) for one in lost[:MOST_DEVICES])


def _data_errors(pool: PoolView) -> PoolReason:
    name = shlex.quote(pool.name)
    return PoolReason(
        code="zfs_data_errors",
        level=Level.FAILING,
        topic="errors",
        message=f"{counted(pool.data_errors or 0, 'permanent error')}: data that no copy could"
        " mend.",
        fix=f"See which files: `zpool status -v {name}`. Restore them from a backup,"
        f" then `zpool clear {name}` and `zpool scrub {name}`.",
        source=f"{_ZFS} (ZFS-8000-8A)",
    )


def _device_errors(pool: PoolView, one: PoolMember) -> PoolReason:
    name, device = shlex.quote(pool.name), shlex.quote(one.name)
    return PoolReason(
        code="zfs_device_errors",
        level=Level.WARNING,
        topic="errors",
        message=f"{one.name} has had errors: {one.read_errors or 0} of reading,"
        f" {one.write_errors or 0} of writing, {one.checksum_errors or 0} of checksums"
        f"{grown(one)}.",
        fix="Look at the drive's own verdict, its cable and its power; then"
        f" `zpool clear {name} {device}` and `zpool scrub {name}`.",
        source=f"{_ZFS} (ZFS-8000-9P)",
    )


def _more_devices(pool: PoolView, number: int) -> PoolReason:
    return PoolReason(
        code="zfs_device_errors",
        level=Level.WARNING,
        topic="errors",
        message=f"{counted(number, 'more device')} had errors, too: the table of members"
        " shows them.",
        fix="So many at once have one cause: look at the controller, its cables and the power,"
        f" and at the memory. See `zpool status {shlex.quote(pool.name)}`.",
        source=f"{_ZFS} (ZFS-8000-9P)",
    )


def _hurt_groups(pool: PoolView) -> list[PoolMember]:
    """Return the mirrors and RAID-Zs with errors that could be laid to none of their devices."""
    explained: set[int] = set()
    for one in pool.members:
        above = one.parent if one.errors and one.is_leaf else None
        while above is not None and above not in explained:
            explained.add(above)
            above = pool.members[above].parent
    return [
        one
        for index, one in enumerate(pool.members)
        if one.errors and not one.is_leaf and index not in explained
    ]


def _group_errors(pool: PoolView, one: PoolMember) -> PoolReason:
    name = shlex.quote(pool.name)
    return PoolReason(
        code="zfs_group_errors",
        level=Level.WARNING,
        topic="errors",
        message=f"{one.name} has had errors that none of its devices explains: {one.errors}"
        f" in all{grown(one)}.",
        fix="This is seldom one drive: look at the memory, the controller and the power; then"
        f" `zpool clear {name}` and `zpool scrub {name}`.",
        source=f"{_ZFS} (ZFS-8000-9P)",
    )


def _auxiliary(pool: PoolView, one: PoolMember) -> PoolReason:
    name, device = shlex.quote(pool.name), shlex.quote(one.name)
    return PoolReason(
        code="zfs_auxiliary_device",
        level=Level.WARNING,
        topic="state",
        message=f"{one.name} ({one.role}) is {one.state}.",
        fix=f"Replace it, or take it out: `zpool remove {name} {device}`.",
        source=_ZFS,
    )


def _message(pool: PoolView) -> PoolReason:
    level, about = MESSAGES[pool.message_id]
    name = shlex.quote(pool.name)
    return PoolReason(
        code="zfs_message",
        level=level,
        topic="state",
        message=f"{about} ({pool.message_id}).",
        fix=(f"Its tool says: {pool.action} " if pool.action else "")
        + f"See `zpool status -v {name}`.",
        source=_ZFS,
    )


def _scrub(pool: PoolView, now: datetime) -> Iterator[PoolReason]:
    start = f"`zpool scrub {shlex.quote(pool.name)}`"
    if pool.last_scrub_errors:
        yield PoolReason(
            code="scrub_found_errors",
            level=Level.WARNING,
            topic="errors",
            message="The last pass over the data ended with"
            f" {counted(pool.last_scrub_errors, 'error')}.",
            fix=f"See `zpool status -v {shlex.quote(pool.name)}`; mend the cause, then {start}.",
            source=_ZFS,
        )
    since = pool.paused_at
    if pool.activity != "scrub" or not pool.is_activity_paused:
        return
    if since is None or now - since > PAUSED_FOR:
        yield PoolReason(
            code="scrub_paused",
            level=Level.WATCH if since is None else Level.WARNING,
            topic="scrub",
            message="The scrub is paused"
            + ("." if since is None else f" since {since:%Y-%m-%d %H:%M} UTC."),
            fix=f"Let it go on: {start}; or end it: `zpool scrub -s {shlex.quote(pool.name)}`.",
            source="TrueNAS: a scrub that was paused more than eight hours ago",
        )
