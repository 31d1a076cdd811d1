"""A kept connection, and the `Shell` that is handed out for it."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import asyncssh

from app.adapters.ssh.channels import start_shell
from app.adapters.ssh.errors import LIBRARY_ERRORS, place, talk_error
from app.adapters.ssh.files import SftpFiles
from app.adapters.ssh.files_over_shell import ShellFiles
from app.adapters.ssh.settings import SshLimits
from app.ports.conversation import Conversation, Ear, Voice
from app.ports.shell import (
    Command,
    CommandResult,
    ConnectionLost,
    Files,
    Listener,
    LoginTimedOut,
    ShellError,
    Target,
    TransferFailed,
)


class Link:
    """One logged-in connection. It is a `Shell`, shared by all who opened the same target."""

    def __init__(
        self, target: Target, connection: asyncssh.SSHClientConnection, limits: SshLimits
    ) -> None:
        self.target = target
        self.connection = connection
        self.is_broken = False
        self._limits = limits
        self._sessions = asyncio.Semaphore(limits.sessions_per_host)
        self._conversation = Conversation(
            self._start, sudo_password=target.sudo_password, keep=limits.sessions_per_host
        )

    @property
    def is_alive(self) -> bool:
        return not self.is_broken and not self.connection.is_closed()

    async def greet(self) -> None:
        """Make sure that a shell answers behind the login."""
        seconds = self._limits.greeting_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._conversation.greet(seconds)
        except TimeoutError as error:
            raise LoginTimedOut(
                f"{place(self.target)} accepted the login, but its shell did not answer within"
                f" {seconds:g} s.",
                fix="Log in by hand: a start-up file of the account may wait for something, or"
                " the machine is overloaded or its disk hangs.",
            ) from error

    def close(self) -> None:
        """Drop the connection with everything on it."""
        self.is_broken = True
        self._conversation.close()
        self.connection.abort()

    async def run(self, command: Command) -> CommandResult:
        return (await self.run_many([command]))[0]

    async def run_many(
        self, commands: Sequence[Command], *, budget: timedelta | None = None
    ) -> list[CommandResult]:
        async with self._sessions:
            try:
                results = await self._conversation.ask(commands, budget)
            except LIBRARY_ERRORS as error:
                self.close()
                raise talk_error(self.target, error) from error
            except ShellError:
                # A refused session, too: abandoned commands that still hang over there may hold
                # all that sshd allows, and only a new connection brings new ones.
                self.close()
                raise
        if self.connection.is_closed() and any(one.exit_status is None for one in results):
            raise ConnectionLost(f"The connection to {place(self.target)} broke.")
        if self._conversation.was_silent:
            self.close()  # it took the script and said nothing: the next round logs in anew
        return results

    @contextlib.asynccontextmanager
    async def files(self) -> AsyncIterator[Files]:
        async with self._sessions:
            sftp = await self._start_sftp()
            if sftp is None:
                yield ShellFiles(self._conversation.ask)
                return
            try:
                yield SftpFiles(sftp)
            finally:
                sftp.exit()

    @contextlib.asynccontextmanager
    async def forward_unix(self, remote_path: str) -> AsyncIterator[Listener]:
        found = await self.run(Command(("test", "-S", remote_path), instant=True))
        if found.exit_status != 0:
            raise TransferFailed(
                f"There is no socket {remote_path} on {place(self.target)}, or"
                f" {self.target.username} may not reach it.",
            )
        async with self._near(
            lambda near: self.connection.forward_local_path(near, remote_path)
        ) as listener:
            yield listener

    @contextlib.asynccontextmanager
    async def forward_tcp(self, host: str, port: int) -> AsyncIterator[Listener]:
        async with self._near(
            lambda near: self.connection.forward_local_path_to_port(near, host, port)
        ) as listener:
            yield listener

    @contextlib.asynccontextmanager
    async def _near(
        self, forward: Callable[[str], Awaitable[asyncssh.SSHListener]]
    ) -> AsyncIterator[Listener]:
        """Forward to a socket in a folder that nobody else may enter, and clear both away."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="unity-"))
        near = folder / "socket"
        try:
            try:
                listener = await forward(str(near))
            except LIBRARY_ERRORS as error:
                raise talk_error(self.target, error) from error
            try:
                await asyncio.to_thread(near.chmod, 0o600)
                yield Listener(str(near))
            finally:
                listener.close()
                await listener.wait_closed()
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _start(self, ear: Ear) -> Voice:
        try:
            return await start_shell(self.connection, ear)
        except LIBRARY_ERRORS as error:
            if isinstance(error, TimeoutError):
                raise
            raise talk_error(self.target, error) from error

    async def _start_sftp(self) -> asyncssh.SFTPClient | None:
        """Return None where the machine offers no SFTP, as a small SSH server may."""
        try:
            async with asyncio.timeout(self._limits.open_seconds):
                return await self.connection.start_sftp_client()
        except (asyncssh.ChannelOpenError, asyncssh.SFTPError, TimeoutError) as error:
            if not self.is_alive:
                raise talk_error(self.target, error) from error
            return None
        except LIBRARY_ERRORS as error:
            raise talk_error(self.target, error) from error
