"""A scripted machine: the `Shell` and `Shells` ports without a shell.

It answers what a test taught it, keeps files in memory, and insists on the rules that the real
ones cannot see: nobody may reach for a machine inside a database transaction, and no credential is
looked at before the host key is pinned.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from app.kernel.database import in_transaction
from app.ports.shell import (
    Command,
    CommandResult,
    Files,
    FileStat,
    HostKey,
    HostKeyChanged,
    HostKeyUnknown,
    Listener,
    Outcome,
    Shell,
    ShellError,
    Target,
    TransferFailed,
)

A_HOST_KEY = HostKey("ssh-ed25519", "ssh-ed25519 AAAAfake", "SHA256:fake")
OUTPUT_LIMIT = 4 * 1024 * 1024


def assert_outside_of_transaction() -> None:
    """Fail the test that awaits the network while it holds a transaction."""
    assert not in_transaction(), "A machine was asked inside a database transaction."


@dataclass
class FakeFile:
    """A file or folder in memory."""

    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    is_dir: bool = False


@dataclass
class FakeFiles:
    """The `Files` port over a dictionary of paths."""

    entries: dict[str, FakeFile] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        assert_outside_of_transaction()
        found = self.entries.get(path)
        if found is None or found.is_dir:
            raise TransferFailed(f"{path} could not be read: No such file or directory.")
        if len(found.content) > limit:
            raise TransferFailed(f"{path} is larger than the {limit} bytes that may be read.")
        return found.content

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        assert_outside_of_transaction()
        folder = path.rpartition("/")[0] or "/"
        known = self.entries.get(folder)
        if path in self.read_only or known is None or not known.is_dir:
            raise TransferFailed(f"{path} could not be written: Permission denied.")
        self.entries[path] = FakeFile(content, mode, uid or 0, gid or 0)

    async def stat(self, path: str) -> FileStat | None:
        assert_outside_of_transaction()
        found = self.entries.get(path)
        if found is None:
            return None
        return FileStat(
            size=len(found.content),
            mode=found.mode,
            uid=found.uid,
            gid=found.gid,
            mtime=0.0,
            is_symlink=False,
            is_dir=found.is_dir,
        )

    async def make_dir(self, path: str, *, mode: int) -> None:
        assert_outside_of_transaction()
        found = self.entries.get(path)
        if found is not None and not found.is_dir:
            raise TransferFailed(f"{path} exists and is not a folder.")
        if found is None:
            self.entries[path] = FakeFile(mode=mode, is_dir=True)


class FakeShell:
    """One machine. Unknown commands are absent; `calls` keeps what was asked."""

    def __init__(self) -> None:
        self.calls: list[Command] = []
        self.disk = FakeFiles({"/": FakeFile(is_dir=True, mode=0o755)})
        self.sockets: set[str] = set()
        self.failure: ShellError | None = None  # raised instead of any answer
        self._answers: dict[tuple[str, ...], CommandResult] = {}
        self._echoes: set[tuple[str, ...]] = set()

    def answers(
        self,
        *argv: str,
        stdout: str = "",
        stderr: str = "",
        exit_status: int | None = 0,
        outcome: Outcome = Outcome.RAN,
    ) -> None:
        """Teach the answer to one argv."""
        self._answers[argv] = CommandResult(argv, outcome, exit_status, stdout, stderr, 0.01)

    def echoes_input(self, *argv: str) -> None:
        """Teach that this argv prints its standard input."""
        self._echoes.add(argv)

    def hangs(self, *argv: str) -> None:
        """Teach that this argv never ends."""
        self.answers(*argv, exit_status=None, outcome=Outcome.TIMED_OUT)

    def floods(self, *argv: str) -> None:
        """Teach that this argv writes without end."""
        self.answers(
            *argv, stdout="y\n" * (OUTPUT_LIMIT // 2), exit_status=None, outcome=Outcome.CUT
        )

    async def run(self, command: Command) -> CommandResult:
        return (await self.run_many([command]))[0]

    async def run_many(
        self,
        commands: Sequence[Command],
        *,
        budget: timedelta | None = None,
    ) -> list[CommandResult]:
        assert_outside_of_transaction()
        if self.failure is not None:
            raise self.failure
        self.calls.extend(commands)
        left = budget is None or budget > timedelta(0)
        return [self._answer(command) if left else _out_of_time(command) for command in commands]

    @contextlib.asynccontextmanager
    async def files(self) -> AsyncIterator[Files]:
        assert_outside_of_transaction()
        if self.failure is not None:
            raise self.failure
        yield self.disk

    @contextlib.asynccontextmanager
    async def forward_unix(self, remote_path: str) -> AsyncIterator[Listener]:
        assert_outside_of_transaction()
        if remote_path not in self.sockets:
            raise TransferFailed(f"There is no socket {remote_path} on the machine.")
        yield Listener(remote_path)

    @contextlib.asynccontextmanager
    async def forward_tcp(self, host: str, port: int) -> AsyncIterator[Listener]:
        assert_outside_of_transaction()
        yield Listener("", host, port)

    def _answer(self, command: Command) -> CommandResult:
        if command.argv in self._echoes:
            text = (command.secret_input or b"").decode("utf-8", "replace")
            return CommandResult(command.argv, Outcome.RAN, 0, text, "", 0.01)
        known = self._answers.get(command.argv)
        if known is None:
            name = command.argv[0]
            return CommandResult(command.argv, Outcome.ABSENT, 127, "", f"{name}: not found\n")
        return known


def _out_of_time(command: Command) -> CommandResult:
    return CommandResult(command.argv, Outcome.TIMED_OUT, None, "", "")


class FakeShells:
    """The pool of scripted machines, by the target's key."""

    def __init__(self) -> None:
        self.machines: dict[str, FakeShell] = {}
        self.host_keys: dict[str, HostKey] = {}
        self.failures: dict[str, ShellError] = {}  # by key: what a login ends with
        self.opened: list[Target] = []
        self.forgotten: list[str] = []
        self.is_closed = False

    def machine(self, key: str) -> FakeShell:
        """Return the machine behind a key; it is made when first asked for."""
        return self.machines.setdefault(key, FakeShell())

    @contextlib.asynccontextmanager
    async def open(self, target: Target) -> AsyncIterator[Shell]:
        assert_outside_of_transaction()
        if target.jump is not None:
            self._check(target.jump)
        self._check(target)
        self.opened.append(target)
        yield self.machine(target.key)

    async def probe_host_key(self, target: Target) -> HostKey:
        assert_outside_of_transaction()
        failure = self.failures.get(target.key)
        if failure is not None:
            raise failure
        return self.host_keys.get(target.key, A_HOST_KEY)

    async def forget(self, key: str) -> None:
        self.forgotten.append(key)

    async def close(self) -> None:
        self.is_closed = True

    def _check(self, target: Target) -> None:
        """Go through a login in its real order: reach, pin, credentials."""
        failure = self.failures.get(target.key)
        if failure is not None:
            raise failure
        if target.is_local:
            return
        offered = self.host_keys.get(target.key, A_HOST_KEY)
        where = f"{target.host}:{target.port}"
        if not target.pinned:
            raise HostKeyUnknown(f"{where} is new.", offered=offered, target_key=target.key)
        if offered not in target.pinned:
            raise HostKeyChanged(
                f"{where} answers with another key.", offered=offered, target_key=target.key
            )
