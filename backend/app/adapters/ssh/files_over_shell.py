"""The `Files` port where the machine has no SFTP: the same promises through its shell.

Contents are written through standard input and read as hexadecimal text, because a shell's output
is taken as text. Paths are arguments of `sh -c`, never part of its text.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from app.adapters.ssh.files import beside_of
from app.ports.shell import Command, CommandResult, FileStat, Outcome, TransferFailed

_SECONDS = 60.0

_WRITE = (
    'umask 077; cat >"$1" && { [ -z "$4" ] || chown "$4" "$1"; } && chmod "$3" "$1"'
    ' && { sync "$1" 2>/dev/null || sync; } && mv -f "$1" "$2"'
    ' || { s=$?; rm -f "$1"; exit $s; }'
)
_STAT = 'if [ -e "$1" ] || [ -L "$1" ]; then stat -c "%s %a %u %g %Y %F" "$1"; else echo none; fi'
_MAKE = '[ -d "$1" ] || { mkdir "$1" && chmod "$2" "$1"; }'

Ask = Callable[[Sequence[Command], timedelta | None], Awaitable[list[CommandResult]]]


class ShellFiles:
    """Files of the machine, with the rights of the login."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        size = str(limit + 1)
        result = await self._run(("od", "-A", "n", "-v", "-t", "x1", "-N", size, _safe(path)))
        if result.outcome is not Outcome.RAN or result.exit_status != 0:
            raise _failed("read", path, result)
        content = bytes.fromhex(result.stdout)
        if len(content) > limit:
            raise TransferFailed(f"{path} is larger than the {limit} bytes that may be read.")
        return content

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        owner = "" if uid is None else str(uid)
        owner += "" if gid is None else f":{gid}"
        target = _safe(path)
        result = await self._run(
            ("sh", "-c", _WRITE, "sh", beside_of(target), target, f"{mode:o}", owner), content
        )
        if result.exit_status != 0:
            raise _failed("written", path, result)

    async def stat(self, path: str) -> FileStat | None:
        result = await self._run(("sh", "-c", _STAT, "sh", _safe(path)))
        if result.stdout.strip() == "none":
            return None
        if result.exit_status != 0:
            raise _failed("examined", path, result)
        size, mode, uid, gid, mtime, kind = result.stdout.split(maxsplit=5)
        return FileStat(
            size=int(size),
            mode=int(mode, 8),
            uid=int(uid),
            gid=int(gid),
            mtime=float(mtime),
            is_symlink=kind.startswith("symbolic"),
            is_dir=kind.startswith("directory"),
        )

    async def make_dir(self, path: str, *, mode: int) -> None:
        result = await self._run(("sh", "-c", _MAKE, "sh", _safe(path), f"{mode:o}"))
        if result.exit_status != 0:
            raise _failed("created", path, result)

    async def _run(self, argv: tuple[str, ...], content: bytes | None = None) -> CommandResult:
        command = Command(argv, seconds=_SECONDS, secret_input=content)
        return (await self._ask([command], None))[0]


def _safe(path: str) -> str:
    """Keep a name that begins with a dash from being taken as an option."""
    return f"./{path}" if path.startswith("-") else path


def _failed(verb: str, path: str, result: CommandResult) -> TransferFailed:
    why = result.stderr.strip().splitlines()
    reason = why[-1] if why else result.outcome.value
    return TransferFailed(f"{path} could not be {verb}: {reason}.")
