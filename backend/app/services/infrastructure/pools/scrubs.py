"""The only commands of storage that change something on a machine: each exactly, and no other.

None of them takes a word from a person: what stands in them is the name that the machine itself
gave its pool or drive. So a sudoers line can name each one in full.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.text import printable
from app.models.infrastructure.storage_action import ActionKind
from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import Command, CommandResult, Outcome
from app.services.infrastructure.pools.view import PoolView

SECONDS = 60.0
_NO_REDUNDANCY = frozenset({"raid0", "linear", "faulty", "container"})
_RAID_VOLUME = re.compile(r"raid|mirror")
_SCRUBS: dict[ActionKind, dict[PoolKind, tuple[str, ...]]] = {
    ActionKind.SCRUB: {
        PoolKind.ZFS: ("zpool", "scrub"),
        PoolKind.MD: ("mdadm", "--action=check"),
        PoolKind.BTRFS: ("btrfs", "scrub", "start"),
        PoolKind.LVM: ("lvchange", "--syncaction", "check"),
    },
    ActionKind.PAUSE: {PoolKind.ZFS: ("zpool", "scrub", "-p")},
    ActionKind.STOP: {
        PoolKind.ZFS: ("zpool", "scrub", "-s"),
        PoolKind.MD: ("mdadm", "--action=idle"),
        PoolKind.BTRFS: ("btrfs", "scrub", "cancel"),
    },
}


@dataclass(frozen=True, slots=True)
class PoolPlace:
    """What a command needs to know of a pool."""

    kind: PoolKind
    name: str
    layout: str = ""
    mount: str = ""  # of btrfs
    volumes: tuple[str, ...] = ()  # those of LVM that keep copies

    @property
    def why_not(self) -> str:
        """Say why it cannot be scrubbed at all; nothing when it can."""
        if self.kind is PoolKind.MD and self.layout in _NO_REDUNDANCY:
            return "An array without copies has nothing to compare."
        if self.kind is PoolKind.BTRFS and not self.mount:
            return "It is not known where the file system is mounted."
        if self.kind is PoolKind.LVM and not self.volumes:
            return "No volume of the group keeps copies that could be compared."
        return ""


def place_of(view: PoolView) -> PoolPlace:
    """Return what a command needs of a pool as its machine showed it."""
    kept = tuple(one.name for one in view.volumes if _RAID_VOLUME.match(one.layout))
    return PoolPlace(view.kind, view.name, view.layout, view.mount, kept)


def pool_commands(place: PoolPlace, kind: ActionKind, *, sudo: bool) -> list[Command]:
    """Return what starts, pauses or stops a scrub; empty where the system has no such thing."""
    words = _SCRUBS.get(kind, {}).get(place.kind)
    if words is None or place.why_not:
        return []
    return [Command((*words, name), seconds=SECONDS, sudo=sudo) for name in _names(place)]


def _names(place: PoolPlace) -> Sequence[str]:
    match place.kind:
        case PoolKind.ZFS:
            return (place.name,)
        case PoolKind.MD:
            return (f"/dev/{place.name}",)
        case PoolKind.BTRFS:
            return (place.mount,)
        case PoolKind.LVM:
            return tuple(f"{place.name}/{volume}" for volume in place.volumes)


def refusal_of(result: CommandResult, what: str) -> str:
    """Return why a machine did not do it, for people; nothing when it did."""
    if result.outcome is Outcome.RAN and result.exit_status == 0:
        return ""
    words = {
        Outcome.ABSENT: f"{result.argv[0]} is not installed there.",
        Outcome.REFUSED: f"The login may not run {result.argv[0]} as root.",
        Outcome.TIMED_OUT: f"{result.argv[0]} did not answer in time.",
    }
    if result.outcome in words:
        return words[result.outcome]
    lines = [line for line in (result.stderr + result.stdout).splitlines() if line.strip()]
    said = printable(lines[0].strip()[:300]) if lines else f"it ended with {result.exit_status}."
    return f"{what} was not begun: {said}"
