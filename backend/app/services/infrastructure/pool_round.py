"""Asking what arrays, btrfs and ZFS tell at length: the third part of a slow cycle.

What can be asked depends on which arrays and file systems there are, so that each command names
one, and a sudoers line can name exactly this command. None of them changes anything. mdadm reads
the label of a member, so it is asked only while every drive of the machine is awake; of btrfs, the
kernel and a file of its tools answer. All of this is for root, but the datasets of ZFS: those any
login may list, on drives that are awake or have no platters.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import Command, CommandResult, Outcome, Shell
from app.services.core.facts import Fact, Unparsable, read
from app.services.infrastructure.facts.btrfs import Btrfs, BtrfsFact
from app.services.infrastructure.facts.btrfs_status import (
    BtrfsBalance,
    BtrfsScrub,
    read_balance,
    read_devices,
    read_scrub,
)
from app.services.infrastructure.facts.filesystems import Filesystems, FilesystemsFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.facts.md.mdadm import MdadmReport, read_mdadm
from app.services.infrastructure.facts.md.model import MdArrays
from app.services.infrastructure.facts.zfs.datasets import (
    ZfsDataset,
    by_pool,
    datasets_command,
    read_datasets,
)

_SECONDS = 15.0
_MOST = 64  # arrays and file systems of one machine
# The cast holds because a fact is only ever handed the values that it read itself.
_FACTS = cast("tuple[Fact[BaseModel], ...]", (MdArraysFact(), BtrfsFact(), FilesystemsFact()))


class PoolReadings(BaseModel):
    """What a round brought, by the identity of the pool; what was refused is not there."""

    arrays: dict[str, MdadmReport] = {}
    scrubs: dict[str, BtrfsScrub] = {}
    balances: dict[str, BtrfsBalance] = {}
    device_names: dict[str, dict[int, str]] = {}  # of btrfs, by number
    datasets: dict[str, list[ZfsDataset]] = {}  # by the name of the pool
    commands: list[Command] = []  # that were sent for it


@dataclass(frozen=True, slots=True)
class Named:
    """A pool by what its commands need to know of it."""

    kind: PoolKind
    identity: str
    name: str
    mount: str = ""
    has_many: bool = False  # devices, of btrfs


def mounts_of(values: Mapping[str, BaseModel]) -> dict[str, str]:
    """Return where the devices of btrfs are mounted; the shortest path where they are often."""
    found: dict[str, str] = {}
    for value in values.values():
        if isinstance(value, Filesystems):
            for one in sorted(value.filesystems, key=lambda one: len(one.mountpoint)):
                if one.fstype == "btrfs" and one.mountpoint.startswith("/"):
                    found.setdefault(one.device.rsplit("/", 1)[-1], one.mountpoint)
    return found


def named_in(values: Mapping[str, BaseModel]) -> list[Named]:
    """Return the arrays and the btrfs file systems among what was read."""
    mounts, found = mounts_of(values), list[Named]()
    for value in values.values():
        if isinstance(value, MdArrays):
            found += [
                Named(PoolKind.MD, one.uuid or one.name, one.name)
                for one in value.arrays
                if one.level != "container"
            ]
        elif isinstance(value, Btrfs):
            found += [
                Named(
                    PoolKind.BTRFS,
                    one.uuid,
                    one.label or one.uuid,
                    next((mounts[name] for name in one.device_names if name in mounts), ""),
                    has_many=len(one.devices) > 1,
                )
                for one in value.filesystems
            ]
    return found


def detail_commands(pool: Named, *, sudo: bool) -> list[Command]:
    """Return what is asked of one pool."""
    match pool.kind:
        case PoolKind.MD:
            argvs: tuple[tuple[str, ...], ...] = (("mdadm", "--detail", f"/dev/{pool.name}"),)
        case PoolKind.BTRFS if pool.mount:
            argvs = (
                ("btrfs", "scrub", "status", "-R", pool.mount),
                ("btrfs", "balance", "status", pool.mount),
            )
        case _:
            argvs = ()
    return [Command(argv, seconds=_SECONDS, sudo=sudo) for argv in argvs]


def names_commands(pool: Named, *, are_awake: bool) -> list[Command]:
    """Return what tells which number is which device; any login is told, of disks that turn."""
    if not are_awake or not pool.has_many or not pool.mount:
        return []
    return [Command(("btrfs", "device", "usage", "-b", pool.mount), seconds=_SECONDS)]


async def ask_pools(
    shell: Shell, *, sudo: bool, budget: timedelta, are_awake: bool, as_root: bool = True
) -> PoolReadings:
    """Ask which arrays and file systems there are, and then each; and ZFS for its datasets."""
    found = PoolReadings()
    if as_root:
        found = await _ask_as_root(shell, sudo=sudo, budget=budget, are_awake=are_awake)
    command = datasets_command(are_awake=are_awake)
    (answer,) = await shell.run_many([command], budget=budget)
    with contextlib.suppress(Unparsable):  # what was known of them stays
        found.datasets = by_pool(read_datasets(answer) or ())
    return found


async def _ask_as_root(
    shell: Shell, *, sudo: bool, budget: timedelta, are_awake: bool
) -> PoolReadings:
    listed = list(dict.fromkeys(command for fact in _FACTS for command in fact.commands))
    results = dict(zip(listed, await shell.run_many(listed, budget=budget), strict=True))
    values: dict[str, BaseModel] = {}
    for fact in _FACTS:
        value = read(fact, tuple(results[command] for command in fact.commands)).value
        if value is not None:
            values[fact.name] = value
    asked = [
        (pool, command)
        for pool in named_in(values)[:_MOST]
        if are_awake or pool.kind is not PoolKind.MD
        for command in (
            *detail_commands(pool, sudo=sudo),
            *names_commands(pool, are_awake=are_awake),
        )
    ]
    answers = await shell.run_many([command for _, command in asked], budget=budget)
    found = _read([(pool, answer) for (pool, _), answer in zip(asked, answers, strict=True)])
    found.commands = [command for _, command in asked]
    return found


def _read(answers: Sequence[tuple[Named, CommandResult]]) -> PoolReadings:
    found = PoolReadings()
    for pool, answer in answers:
        if answer.outcome is Outcome.RAN and answer.stdout.strip():
            _take(found, pool, answer)
    return found


def _take(found: PoolReadings, pool: Named, answer: CommandResult) -> None:
    try:
        match answer.argv[:2]:
            case ("mdadm", _):
                found.arrays[pool.identity] = read_mdadm(answer.stdout)
            case ("btrfs", "scrub"):
                found.scrubs[pool.identity] = read_scrub(answer.stdout)
            case ("btrfs", "device"):
                found.device_names[pool.identity] = read_devices(answer.stdout)
            case _:
                found.balances[pool.identity] = read_balance(answer.stdout)
    except Unparsable:
        return  # what the standard round shows of the pool stays
