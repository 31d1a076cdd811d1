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
        self._processes: set[_Process] = set()

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

    @contextlib.asynccontextmanager
    async def forward_tcp(self, host: str, port: int) -> AsyncIterator[Listener]:
        """Nothing to forward: both sides are this machine."""
        yield Listener("", host, port)

    async def close(self) -> None:
        """End the kept shell and wait until all that were started are gone."""
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None
        for process in tuple(self._processes):
            process.abort()
            await process.has_exited.wait()
        self._processes.clear()

    async def _greeted(self) -> Conversation:
        async with self._lock:
            if self._conversation is None:
                conversation = Conversation(self._start, sudo_password=self._sudo_password)
                try:
                    await conversation.greet(_GREETING_SECONDS)
                except TimeoutError as error:
                    raise ShellUnusable("/bin/sh did not answer on this machine.") from error
                self._conversation = conversation
            return self._conversation

    async def _start(self, ear: Ear) -> Voice:
        self._processes = {one for one in self._processes if not one.has_exited.is_set()}
        process = await _start_shell(ear)
        self._processes.add(process)
        return process


class _Process(asyncio.SubprocessProtocol):
    """A /bin/sh of our own process group, so that it can be ended with all that it started."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._transport: asyncio.SubprocessTransport | None = None
        self.has_exited = asyncio.Event()

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
        self.has_exited.set()

    def write(self, data: bytes) -> None:
        if (stdin := self._stdin()) is not None:
            stdin.write(data)

    def write_eof(self) -> None:
        if (stdin := self._stdin()) is not None:
            stdin.write_eof()

    def abort(self) -> None:
        """End the whole group; `process_exited` closes the pipes when the shell is reaped."""
        if self._transport is None or self.has_exited.is_set():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), signal.SIGKILL)
        for fd in range(3):
            pipe = self._transport.get_pipe_transport(fd)
            if pipe is not None:
                pipe.close()

    def _stdin(self) -> asyncio.WriteTransport | None:
        """Return None for a shell that has gone: its ear knows already."""
        if self._transport is None or self.has_exited.is_set():
            return None
        return cast(asyncio.WriteTransport | None, self._transport.get_pipe_transport(0))


async def _start_shell(ear: Ear) -> _Process:
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
