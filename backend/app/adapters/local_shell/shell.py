"""The `Shell` port on this machine."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import cast

from app.adapters.local_shell.files import LocalFiles
from app.ports.conversation import Conversation, Ear, Voice
from app.ports.shell import (
    Command,
    CommandResult,
    Files,
    Listener,
    ShellUnusable,
    TransferFailed,
)

_GREETING_SECONDS = 10.0


class LocalShell:
    """This machine, as the user that runs Unity."""

    def __init__(self, *, sudo_password: str | None = None) -> None:
        self._sudo_password = sudo_password
        self._conversation: Conversation | None = None
        self._lock = asyncio.Lock()

    async def run(self, command: Command) -> CommandResult:
        return (await self.run_many([command]))[0]

    async def run_many(
        self, commands: Sequence[Command], *, budget: timedelta | None = None
    ) -> list[CommandResult]:
        conversation = await self._greeted()
        return await conversation.ask(commands, budget)

    @contextlib.asynccontextmanager
    async def files(self) -> AsyncIterator[Files]:
        yield LocalFiles()

    @contextlib.asynccontextmanager
    async def forward_unix(self, remote_path: str) -> AsyncIterator[Listener]:
        """Nothing to forward: both sides are this machine."""
        if not await asyncio.to_thread(os.path.exists, remote_path):
            raise TransferFailed(f"There is no socket {remote_path} on this machine.")
        yield Listener(remote_path)

    async def close(self) -> None:
        """End the kept shell."""
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    async def _greeted(self) -> Conversation:
        async with self._lock:
            if self._conversation is None:
                conversation = Conversation(_start_shell, sudo_password=self._sudo_password)
                try:
                    await conversation.greet(_GREETING_SECONDS)
                except TimeoutError as error:
                    raise ShellUnusable("/bin/sh did not answer on this machine.") from error
                self._conversation = conversation
            return self._conversation


class _Process(asyncio.SubprocessProtocol):
    """A /bin/sh of our own process group, so that it can be ended with all that it started."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self._ear.heard(data)
        else:
            self._ear.heard_error(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if fd == 1:
            self._ear.heard_end()

    def process_exited(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._ear.heard_end()

    def write(self, data: bytes) -> None:
        self._stdin().write(data)

    def write_eof(self) -> None:
        self._stdin().write_eof()

    def abort(self) -> None:
        if self._transport is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), signal.SIGKILL)
        self._transport.close()

    def _stdin(self) -> asyncio.WriteTransport:
        assert self._transport is not None  # noqa: S101 - set before the adapter hands us out
        return cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))


async def _start_shell(ear: Ear) -> Voice:
    try:
        _, process = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Process(ear),
            "/bin/sh",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ShellUnusable(f"/bin/sh does not start on this machine: {error.strerror}.") from error
    return process
