"""What we ask of a machine's shell: run argv, move files, reach its sockets.

Commands are argv tuples. Only an adapter composes the script that carries them, so that no data
ever becomes shell text anywhere else.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Command:
    """One program with its arguments.

    `seconds` is the command's own time-out. `sudo` asks for root where the login is not root.
    `secret_input` goes to standard input and is never logged, nor part of argv. `instant` says
    that it only reads what the kernel keeps in memory (`cat /proc/...`): such a command runs
    without the `timeout` program around it, which costs more than the reading itself. Should it
    hang all the same, it still loses only its own section. `needs` names a program without which
    the command is not started at all, and is absent: the shell that is there already looks for it.
    """

    argv: tuple[str, ...]
    seconds: float = 5.0
    sudo: bool = False
    secret_input: bytes | None = field(default=None, repr=False)
    instant: bool = False
    needs: str = ""

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("A command needs at least the name of its program.")
        if any("\0" in word for word in self.argv):
            raise ValueError("An argument holds a NUL byte, which no program can receive.")
        for word in self.argv:
            # Bytes that are not UTF-8 come as the surrogates of `os.fsdecode`; others are no text.
            word.encode("utf-8", "surrogateescape")


class Outcome(StrEnum):
    """How the asking ended. A program's own non-zero exit is an outcome too: `RAN`."""

    RAN = "ran"
    ABSENT = "absent"  # no such program on this machine (status 127 of the shell)
    REFUSED = "refused"  # no right: sudo wants what we do not have, or exec was not permitted (126)
    TIMED_OUT = "timed_out"  # its own time-out, or the group's budget, ran out
    CUT = "cut"  # it wrote more than the output limit; what came before is kept


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What one command answered.

    `stdout` and `stderr` are text decoded as UTF-8 with replacement; control characters are kept
    (a parser needs tabs), whoever shows them to a person uses `kernel.text.printable`.
    """

    argv: tuple[str, ...]
    outcome: Outcome
    exit_status: int | None
    stdout: str
    stderr: str
    seconds: float = 0.0


class ShellError(Exception):
    """We could not ask at all. `cause` is for people; subclasses say which kind of failure."""

    def __init__(self, detail: str, *, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


class Unreachable(ShellError):
    """No TCP connection: wrong address, closed port, no route, or a connect time-out."""


class NameNotResolved(Unreachable):
    """The name has no address."""


class NotSsh(Unreachable):
    """Something answered that does not speak SSH 2."""


class HostKeyUnknown(ShellError):
    """First contact: the offered key waits for a person's approval. No credential was sent."""

    def __init__(
        self, detail: str, *, offered: "HostKey", target_key: str = "", fix: str = ""
    ) -> None:
        super().__init__(detail, fix=fix)
        self.offered = offered
        self.target_key = target_key  # whose key it is: the target's own, or its jump host's


class HostKeyChanged(ShellError):
    """The machine answers with another key than the pinned one. No credential was sent."""

    def __init__(
        self, detail: str, *, offered: "HostKey", target_key: str = "", fix: str = ""
    ) -> None:
        super().__init__(detail, fix=fix)
        self.offered = offered
        self.target_key = target_key  # whose key it is: the target's own, or its jump host's


class LoginRefused(ShellError):
    """The machine took none of the credentials that we hold for this account."""


class LoginTimedOut(ShellError):
    """Connected, but the login did not finish in time."""


class ConnectionLost(ShellError):
    """The connection broke while we were asking."""


class ShellUnusable(ShellError):
    """Logged in, but nothing on the other side runs a POSIX shell script for us."""


class TransferFailed(ShellError):
    """A file could not be read or written; the detail says which and why."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """A machine's public host key: `algorithm base64` without a comment, as in known_hosts."""

    algorithm: str
    public: str  # the OpenSSH line "ssh-ed25519 AAAA..."
    fingerprint: str  # "SHA256:..." as ssh-keygen -l prints it


@dataclass(frozen=True, slots=True)
class PrivateKeyLogin:
    """A private key in OpenSSH or PEM form, with its passphrase where it has one."""

    private_key: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A password, offered as `password` and as the answer of `keyboard-interactive`."""

    password: str = field(repr=False)


Login = PrivateKeyLogin | PasswordLogin


@dataclass(frozen=True, slots=True)
class Target:
    """Where and as whom to log in.

    `pinned` are the approved host keys: empty means first contact, which ends in `HostKeyUnknown`
    before any credential is sent. `version` changes with every edit of the server or its
    credentials, so that a pool never serves a connection made with older ones.
    """

    key: str  # the pool's key: one per server
    host: str
    port: int
    username: str
    logins: tuple[Login, ...] = field(default=(), repr=False)
    pinned: tuple[HostKey, ...] = ()
    jump: "Target | None" = None
    sudo_password: str | None = field(default=None, repr=False)
    version: str = ""
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class FileStat:
    """What `stat` says of a remote path; `mode` is the permission bits."""

    size: int
    mode: int
    uid: int
    gid: int
    mtime: float
    is_symlink: bool
    is_dir: bool


class Files(Protocol):
    """Files on the machine (SFTP, or the local file system)."""

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        """Return the content; `TransferFailed` when missing, unreadable or over the limit."""
        ...

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        """Write beside the path, flush to disk, then rename over it: readers see old or new."""
        ...

    async def stat(self, path: str) -> FileStat | None:
        """Return None when there is no such path; symbolic links are not followed."""
        ...

    async def make_dir(self, path: str, *, mode: int) -> None:
        """Create one folder; it is no error when it is there already."""
        ...


@dataclass(frozen=True, slots=True)
class Listener:
    """The near end of a way to a socket of the machine.

    Connect to `path`, a unix socket that only we may open. Where `path` is empty both sides are
    this machine, and `host` and `port` are the far end itself.
    """

    path: str
    host: str = ""
    port: int = 0


class Shell(Protocol):
    """One machine, logged in."""

    async def run(self, command: Command) -> CommandResult:
        """Run one command. A non-zero exit is a result; only a broken connection raises."""
        ...

    async def run_many(
        self, commands: Sequence[Command], *, budget: timedelta | None = None
    ) -> list[CommandResult]:
        """Run all in one round trip of one shell session, in order, one result for each command.

        A command that hangs or floods costs its own section only. When the budget runs out, the
        finished sections are returned and the rest are `TIMED_OUT`.
        """
        ...

    def files(self) -> AbstractAsyncContextManager[Files]:
        """Open the machine's files."""
        ...

    def forward_unix(self, remote_path: str) -> AbstractAsyncContextManager[Listener]:
        """Forward a unix socket of the machine to one on this side."""
        ...

    def forward_tcp(self, host: str, port: int) -> AbstractAsyncContextManager[Listener]:
        """Forward a TCP port, as the machine reaches it, to a unix socket on this side."""
        ...


class Shells(Protocol):
    """The pool of machines."""

    def open(self, target: Target) -> AbstractAsyncContextManager[Shell]:
        """Log in, or reuse the kept connection of this target and version."""
        ...

    async def probe_host_key(self, target: Target) -> HostKey:
        """Ask for the host key without logging in (through the jump host, where there is one)."""
        ...

    async def forget(self, key: str) -> None:
        """Close the kept connection of this pool key."""
        ...

    async def close(self) -> None:
        """Close all kept connections."""
        ...
