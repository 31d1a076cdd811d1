"""Starts self-tests and scrubs: reads the row, asks the machine, writes what came of it."""

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import Conflict
from app.kernel.ids import uuid7
from app.models.infrastructure.monitored_server import MonitoredServer, SudoMode
from app.models.infrastructure.storage_action import ActionKind, ActionState, StorageAction
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.models.infrastructure.storage_pool import StoragePool
from app.ports.shell import Command, CommandResult, Shells, Target
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import system
from app.services.infrastructure.pools.pool_list import PoolNotFound
from app.services.infrastructure.pools.scrubs import (
    PoolPlace,
    place_of,
    pool_commands,
    refusal_of,
)
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.storage.device_list import DeviceNotFound
from app.services.infrastructure.storage.rows import name_of
from app.services.infrastructure.storage.self_tests import (
    SelfTestRefused,
    Started,
    abort_command,
    read_start,
    start_command,
)
from app.services.infrastructure.targets import TargetBuilder
from app.services.infrastructure.upkeep.journal import TESTS, device_mark, follow, pool_mark

_RIGHTS = "Test the connection of its server: it shows the sudoers lines that are missing."
_ENDS_OTHERS = frozenset({ActionKind.ABORT, ActionKind.STOP})


class ScrubRefused(Conflict):
    """The pool cannot be scrubbed now."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a start needs to know, read before the machine is asked."""

    target: Target
    commands: Sequence[Command]
    server_id: uuid.UUID
    name: str
    before: dict[str, object] = field(default_factory=dict)
    place: PoolPlace | None = None


class Starter:
    """Starts what a person or the planner asked for; each start is journaled and audited."""

    def __init__(self, database: Database, shells: Shells, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault
        self._clock = clock

    async def self_test(self, device_id: uuid.UUID, kind: ActionKind, by: str) -> Started:
        """Start or end a drive's self-test; the rounds bring its result."""
        subject = await self._drive(device_id, kind)
        (result,) = await self._ask(subject)
        try:
            started = _ended(result) if kind is ActionKind.ABORT else read_start(result)
        except SelfTestRefused as refused:
            await self._refused(device_id, subject, kind, by, refused.detail)
            raise
        await self._began(device_id, subject, kind, by, started)
        return started

    async def scrub(self, pool_id: uuid.UUID, kind: ActionKind, by: str) -> Started:
        """Start, pause or stop a scrub."""
        subject = await self._pool(pool_id, kind)
        results = await self._ask(subject)
        refusal = next(filter(None, (refusal_of(one, "The scrub") for one in results)), "")
        if refusal:
            await self._refused(pool_id, subject, kind, by, refusal)
            raise ScrubRefused(refusal, fix=_RIGHTS)
        words = {ActionKind.PAUSE: "The scrub is paused.", ActionKind.STOP: "It was stopped."}
        started = Started(words.get(kind, "The scrub has begun."))
        await self._began(pool_id, subject, kind, by, started)
        return started

    async def _ask(self, subject: Subject) -> list[CommandResult]:
        async with self._shells.open(subject.target) as shell:
            return await shell.run_many(list(subject.commands))

    async def _drive(self, device_id: uuid.UUID, kind: ActionKind) -> Subject:
        async with self._database.snapshot() as session:
            row = await session.get(StorageDevice, device_id)
            if row is None:
                raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
            if row.state != DeviceState.PRESENT:
                raise SelfTestRefused("The drive is not plugged in.")
            target, sudo = await self._target(session, row.server_id)
            make = abort_command if kind is ActionKind.ABORT else start_command
            command = make(row.path, row.smart_type, kind.value, sudo=sudo)
            return Subject(target, [command], row.server_id, name_of(row), device_mark(row))

    async def _pool(self, pool_id: uuid.UUID, kind: ActionKind) -> Subject:
        async with self._database.snapshot() as session:
            row = await session.get(StoragePool, pool_id)
            if row is None:
                raise PoolNotFound("There is no pool with this id.", fix="Reload the list.")
            if row.missing_since is not None:
                raise ScrubRefused("The pool is not there.")
            place = place_of(PoolView.model_validate_json(row.detail))
            target, sudo = await self._target(session, row.server_id)
            commands = pool_commands(place, kind, sudo=sudo)
            if not commands:
                raise ScrubRefused(place.why_not or f"{row.kind} knows no {kind} of a scrub.")
            return Subject(target, commands, row.server_id, row.name, pool_mark(row), place)

    async def _target(self, session: AsyncSession, server_id: uuid.UUID) -> tuple[Target, bool]:
        server = await session.get(MonitoredServer, server_id)
        if server is None:
            raise DeviceNotFound("Its server is gone.", fix="Reload the list.")
        target = await TargetBuilder(self._vault).build(session, server)
        return target, server.sudo != SudoMode.NONE

    async def _began(
        self, resource_id: uuid.UUID, subject: Subject, kind: ActionKind, by: str, started: Started
    ) -> None:
        async with self._database.transaction() as session:
            action = self._action(resource_id, subject, kind, by)
            has_result = kind in TESTS or kind is ActionKind.SCRUB
            action.state = ActionState.RUNNING if has_result else ActionState.DONE
            action.message = started.message[:500]
            if not has_result:
                action.ended_at = action.started_at
            elif started.minutes is not None:
                action.look_at = action.started_at + timedelta(minutes=started.minutes + 1)
            else:
                follow(action, action.started_at)
            if kind in _ENDS_OTHERS:
                await _end_open(session, action)
            session.add(action)
            await _mark(session, action, subject)
            await self._record(session, action, subject)

    async def _refused(
        self, resource_id: uuid.UUID, subject: Subject, kind: ActionKind, by: str, why: str
    ) -> None:
        async with self._database.transaction() as session:
            action = self._action(resource_id, subject, kind, by)
            action.state, action.message = ActionState.REFUSED, why[:500]
            action.ended_at = action.started_at
            session.add(action)
            await self._record(session, action, subject)

    def _action(
        self, resource_id: uuid.UUID, subject: Subject, kind: ActionKind, by: str
    ) -> StorageAction:
        return StorageAction(
            id=uuid7(),
            server_id=subject.server_id,
            resource_id=resource_id,
            kind=kind,
            command="\n".join(shlex.join(command.argv) for command in subject.commands),
            before=subject.before,
            requested_by=by[:120],
            started_at=self._clock.now(),
        )

    async def _record(self, session: AsyncSession, action: StorageAction, subject: Subject) -> None:
        await AuditLog(session, self._clock, self._vault.subkey(KEY_INFO)).record(
            system(action.requested_by),
            "storage.command_run",
            kind="storage_pool" if subject.place else "storage_device",
            object_id=action.resource_id,
            name=subject.name,
            details={"command": action.command, "state": action.state.value},
            resource_id=action.resource_id,
        )


def _ended(result: CommandResult) -> Started:
    refusal = refusal_of(result, "The end of the test")
    if refusal:
        raise SelfTestRefused(refusal, fix=_RIGHTS)
    return Started("The test was ended.")


async def _end_open(session: AsyncSession, stop: StorageAction) -> None:
    rows = await session.scalars(
        select(StorageAction).where(
            StorageAction.resource_id == stop.resource_id,
            StorageAction.state == ActionState.RUNNING,
        )
    )
    for row in rows:
        row.state, row.ended_at, row.look_at = ActionState.ABORTED, stop.started_at, None
        row.message = f"Ended by {stop.requested_by}."[:500]


async def _mark(session: AsyncSession, action: StorageAction, subject: Subject) -> None:
    """Write into the row of the drive or pool what it must know."""
    if subject.place is not None:
        pool = await session.get(StoragePool, action.resource_id)
        if pool is not None and action.kind is ActionKind.SCRUB:
            pool.scrub_started_at = action.started_at
        elif pool is not None and action.kind is ActionKind.STOP:
            pool.activity = ""  # so that its end is not taken for a whole pass
        return
    drive = await session.get(StorageDevice, action.resource_id)
    if drive is None:
        return
    if action.kind is ActionKind.LONG:
        drive.long_test_at = action.started_at
    elif action.kind is ActionKind.SHORT:
        drive.short_test_at = action.started_at
    what = "ended" if action.kind is ActionKind.ABORT else "started"
    kind = "" if action.kind is ActionKind.ABORT else f"{action.kind.value} "
    session.add(
        StorageDeviceEvent(
            id=uuid7(),
            device_id=drive.id,
            at=action.started_at,
            kind="self_test",
            message=f"A {kind}self-test was {what}.",
            actor=action.requested_by,
        )
    )
