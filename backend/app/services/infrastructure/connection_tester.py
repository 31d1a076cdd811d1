"""Tests a server's connection step by step, so that a failure names its own cause and fix."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer, SudoMode
from app.ports.shell import (
    Command,
    ConnectionLost,
    HostKey,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    LoginTimedOut,
    Outcome,
    Shell,
    ShellError,
    Shells,
    ShellUnusable,
    Target,
    Unreachable,
)
from app.schemas.infrastructure.connection import (
    ConnectionReport,
    OfferedHostKey,
    Step,
    StepName,
    StepState,
)
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.infrastructure.host_keys import HostKeyService
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.status import judge_failure
from app.services.infrastructure.storage.privileges import drive_commands, only_reads
from app.services.infrastructure.sudo_lines import check_sudo, sudo_commands, sudoers
from app.services.infrastructure.targets import TargetBuilder

_MOST_TRIED = 8  # of a machine with hundreds of drives
_FAILS_AT: tuple[tuple[type[ShellError], StepName], ...] = (
    (HostKeyUnknown, StepName.HOST_KEY),
    (HostKeyChanged, StepName.HOST_KEY),
    (Unreachable, StepName.REACH),
    (LoginRefused, StepName.LOGIN),
    (LoginTimedOut, StepName.LOGIN),
    (ShellUnusable, StepName.SHELL),
    (ConnectionLost, StepName.SHELL),
)
_DONE = {
    StepName.REACH: "The machine answers.",
    StepName.HOST_KEY: "It shows the approved host key.",
    StepName.LOGIN: "The login works.",
    StepName.SHELL: "Commands run.",
}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the test needs of the server's row."""

    server_id: uuid.UUID
    target: Target
    sudo: SudoMode


class ConnectionTester:
    """Logs in as the collector would, and tells how far it came."""

    def __init__(self, database: Database, shells: Shells, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault
        self._clock = clock

    async def test(self, server_id: uuid.UUID) -> ConnectionReport:
        """Test one server; a key that it shows for the first time is kept for approval."""
        subject = await self._subject(server_id)
        # A kept connection would prove only that the login worked once.
        await self._shells.forget(subject.target.key)
        try:
            async with self._shells.open(subject.target) as shell:
                steps = _arrived(subject.target)
                steps.append(await _try_shell(shell))
                step, lines = await self._try_sudo(subject, shell)
                steps.append(step)
        except ShellError as error:
            await self._keep_offered(error)
            return _failed(subject, error)
        return ConnectionReport(
            server_id=server_id,
            is_ok=all(step.state is not StepState.FAILED for step in steps),
            steps=steps,
            host_key=None,
            sudo_lines=lines,
        )

    async def _subject(self, server_id: uuid.UUID) -> _Subject:
        async with self._database.snapshot() as session:
            server = await session.get(MonitoredServer, server_id)
            if server is None:
                raise ServerNotFound("There is no server with this id.")
            target = await TargetBuilder(self._vault).build(session, server)
            return _Subject(server_id, target, SudoMode(server.sudo))

    async def _try_sudo(self, subject: _Subject, shell: Shell) -> tuple[Step, list[str]]:
        who = await shell.run(Command(("id", "-u")))
        if who.stdout.strip() == "0":
            return _step(StepName.SUDO, StepState.OK, "The login is root; no sudo is needed."), []
        commands = await self._commands(subject)
        lines = await sudoers(shell, subject.target.username, commands)
        if subject.sudo is SudoMode.NONE:
            message = "sudo is not used; what only root may read stays empty."
            return _step(StepName.SUDO, StepState.SKIPPED, message), lines
        tried = tuple(filter(only_reads, commands))[:_MOST_TRIED]
        refused = await check_sudo(shell, tried)
        if not refused:
            return _step(StepName.SUDO, StepState.OK, "sudo runs what Unity asks as root."), []
        said = printable(refused[0].stderr).strip()
        message = f"sudo refused {len(refused)} of {len(tried)} commands" + (
            f": {said[:200]}" if said else "."
        )
        fix = (
            "Check the password for sudo that is stored with the server."
            if subject.sudo is SudoMode.PASSWORD
            else "Put these lines into /etc/sudoers.d/unity there, with visudo:\n"
            + "\n".join(lines)
        )
        return _step(StepName.SUDO, StepState.FAILED, message, fix), lines

    async def _commands(self, subject: _Subject) -> Sequence[Command]:
        """Return what is asked as root of this machine: of its drives, each by its own line."""
        async with self._database.snapshot() as session:
            return sudo_commands(await drive_commands(session, subject.server_id))

    async def _keep_offered(self, error: ShellError) -> None:
        if not isinstance(error, HostKeyUnknown | HostKeyChanged) or not error.target_key:
            return
        async with self._database.transaction() as session:
            audit = AuditLog(session, self._clock, self._vault.subkey(KEY_INFO))
            owner = uuid.UUID(error.target_key)
            if await session.get(MonitoredServer, owner) is not None:
                await HostKeyService(session, self._clock, audit).offered(owner, error.offered)


def _arrived(target: Target) -> list[Step]:
    names = (StepName.REACH, StepName.HOST_KEY, StepName.LOGIN)
    if not target.is_local:
        return [_ok(name) for name in names]
    message = "Unity runs on this machine; no SSH is needed."
    return [_step(name, StepState.SKIPPED, message) for name in names]


async def _try_shell(shell: Shell) -> Step:
    answer = await shell.run(Command(("uname", "-s", "-r")))
    if answer.outcome is not Outcome.RAN or answer.exit_status != 0:
        message = f"`uname` did not run there: {printable(answer.stderr).strip()[:200]}"
        fix = "Give the account a login shell that runs programs."
        return _step(StepName.SHELL, StepState.FAILED, message, fix)
    return _step(StepName.SHELL, StepState.OK, f"Commands run: {printable(answer.stdout).strip()}")


def _failed(subject: _Subject, error: ShellError) -> ConnectionReport:
    failed_at = next((name for kind, name in _FAILS_AT if isinstance(error, kind)), StepName.LOGIN)
    fix = error.fix or judge_failure(error).fix
    offered = error.offered if isinstance(error, HostKeyUnknown | HostKeyChanged) else None
    return ConnectionReport(
        server_id=subject.server_id,
        is_ok=False,
        steps=_until(failed_at, printable(error.detail), fix),
        host_key=None if offered is None else shown_key(offered),
        sudo_lines=[],
    )


def _until(failed_at: StepName, message: str, fix: str) -> list[Step]:
    names: Sequence[StepName] = list(StepName)
    position = names.index(failed_at)
    return [
        *(_ok(name) for name in names[:position]),
        _step(failed_at, StepState.FAILED, message, fix),
        *(
            _step(name, StepState.SKIPPED, "Not tried, since an earlier step failed.")
            for name in names[position + 1 :]
        ),
    ]


def shown_key(key: HostKey) -> OfferedHostKey:
    """Return a host key for people."""
    return OfferedHostKey(algorithm=key.algorithm, public=key.public, fingerprint=key.fingerprint)


def _ok(name: StepName) -> Step:
    return _step(name, StepState.OK, _DONE[name])


def _step(name: StepName, state: StepState, message: str, fix: str = "") -> Step:
    return Step(name=name, state=state, message=message, fix=fix)
