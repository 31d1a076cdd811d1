"""Programs of this machine for plugins: an argv, a time limit, and an output of bounded size."""

import asyncio
import os
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unity_plugin.errors import NotReachable, Unsupported

MOST_OUTPUT = 8 * 1024 * 1024
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Done:
    """What a program left behind; an exit status other than 0 is a result, not an error."""

    exit_status: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The standard output as text."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """The last line of what it wrote to standard error."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


async def run_tool(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = 20.0,
) -> Done:
    """Run a program without a shell; `Unsupported` when there is none, `NotReachable` when late.

    Hand secrets over by `env` or `stdin`, never in argv: every user of the machine sees that.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", _PATH), "LC_ALL": "C", **(env or {})},
            cwd=folder,
            limit=MOST_OUTPUT,
            preexec_fn=_own_memory,
        )
    except FileNotFoundError as error:
        raise Unsupported(
            f"The program {argv[0]} is not installed on the machine that Unity runs on.",
            fix=f"Install {argv[0]} there.",
        ) from error
    except OSError as error:
        raise Unsupported(f"The program {argv[0]} cannot be started: {error.strerror}.") from error
    try:
        async with asyncio.timeout(seconds):
            stdout, stderr = await process.communicate(stdin)
    except TimeoutError:
        raise NotReachable(f"{argv[0]} was not done within {seconds:g} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Done(process.returncode or 0, stdout[:MOST_OUTPUT], stderr[:MOST_OUTPUT])


def _own_memory() -> None:
    """Lift the limit of the worker's address space up to the hard one: programs need their own."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
