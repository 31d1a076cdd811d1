"""Asking what only root may know of arrays and of btrfs: the third part of a slow cycle.

What can be asked depends on which arrays and file systems there are, so that each command names
one, and a sudoers line can name exactly this command. None of them changes anything. mdadm reads
the label of a member, so it is asked only while every drive of the machine is awake; of btrfs, the
kernel and a file of its tools answer.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import Command, CommandResult, Outcome, Shell
from app.services.core.facts import Fact, Unparsable, read
from app.services.infrastructure.facts.btrfs import BtrfsFact
from app.services.infrastructure.facts.btrfs_status import (
    BtrfsBalance,
    BtrfsScrub,
    read_balance,
    read_scrub,
)
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.facts.md.mdadm import MdadmReport, read_mdadm
from app.services.infrastructure.pools.view import PoolView, views_of

_SECONDS = 15.0
_MOST = 64  # arrays and file systems of one machine
# The cast holds because a fact is only ever handed the values that it read itself.
_FACTS = cast("tuple[Fact[BaseModel], ...]", (MdArraysFact(), BtrfsFact(), FilesystemsFact()))


class PoolReadings(BaseModel):
    """What a round brought, by the identity of the pool; what was refused is not there."""

    arrays: dict[str, MdadmReport] = {}
    scrubs: dict[str, BtrfsScrub] = {}
    balances: dict[str, BtrfsBalance] = {}


def detail_commands(view: PoolView, *, sudo: bool) -> list[Command]:
    """Return what is asked of one pool."""
    match view.kind:
        case PoolKind.MD:
            argvs: tuple[tuple[str, ...], ...] = (("mdadm", "--detail", f"/dev/{view.name}"),)
        case PoolKind.BTRFS if view.mount:
            argvs = (
                ("btrfs", "scrub", "status", "-R", view.mount),
                ("btrfs", "balance", "status", view.mount),
            )
        case _:
            argvs = ()
    return [Command(argv, seconds=_SECONDS, sudo=sudo) for argv in argvs]


async def ask_pools(
    shell: Shell, *, sudo: bool, budget: timedelta, are_awake: bool
) -> PoolReadings:
    """Ask which arrays and file systems there are, and then each."""
    listed = list(dict.fromkeys(command for fact in _FACTS for command in fact.commands))
    results = dict(zip(listed, await shell.run_many(listed, budget=budget), strict=True))
    values: dict[str, BaseModel] = {}
    for fact in _FACTS:
        value = read(fact, tuple(results[command] for command in fact.commands)).value
        if value is not None:
            values[fact.name] = value
    views = [view for found in views_of(values).values() for view in found][:_MOST]
    asked = [
        (view, command)
        for view in views
        if are_awake or view.kind is not PoolKind.MD
        for command in detail_commands(view, sudo=sudo)
    ]
    answers = await shell.run_many([command for _, command in asked], budget=budget)
    return _read([(view, answer) for (view, _), answer in zip(asked, answers, strict=True)])


def _read(answers: Sequence[tuple[PoolView, CommandResult]]) -> PoolReadings:
    found = PoolReadings()
    for view, answer in answers:
        if answer.outcome is Outcome.RAN and answer.stdout.strip():
            _take(found, view, answer)
    return found


def _take(found: PoolReadings, view: PoolView, answer: CommandResult) -> None:
    try:
        match answer.argv[:2]:
            case ("mdadm", _):
                found.arrays[view.identity] = read_mdadm(answer.stdout)
            case ("btrfs", "scrub"):
                found.scrubs[view.identity] = read_scrub(answer.stdout)
            case _:
                found.balances[view.identity] = read_balance(answer.stdout)
    except Unparsable:
        return  # what the standard round shows of the pool stays
