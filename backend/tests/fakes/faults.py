"""Shells, files and a database that crash at a chosen step: what a kill at that point leaves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.database import Database
from app.ports.shell import (
    Command,
    CommandResult,
    Files,
    FileStat,
    HostKey,
    Listener,
    Shell,
    Shells,
    Target,
)


class Crash(Exception):
    """The process died here; nothing catches it."""


class Faults:
    """Counts the steps, before and after each effect, and crashes at one of them."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.crash_at = crash_at
        self.steps: list[str] = []

    def step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) - 1 == self.crash_at:
            raise Crash(name)


class FaultyDatabase(Database):
    """A database whose process may die before or after a commit."""

    def __init__(self, database: Database, faults: Faults) -> None:
        self.__dict__.update(database.__dict__)
        self._inner = database
        self._faults = faults

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._inner.transaction() as session:
            yield session
            self._faults.step("before a commit")
        self._faults.step("after a commit")


class FaultyFiles:
    """Files that may lose their process around each effect."""

    def __init__(self, inner: Files, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        self._faults.step("before a read")
        return await self._inner.read(path, limit=limit)

    async def write_atomic(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        self._faults.step("before a write")
        await self._inner.write_atomic(path, content, mode=mode, uid=uid, gid=gid)
        self._faults.step("after a write")

    async def stat(self, path: str) -> FileStat | None:
        return await self._inner.stat(path)

    async def make_dir(self, path: str, *, mode: int) -> None:
        self._faults.step("before a folder")
        await self._inner.make_dir(path, mode=mode)
        self._faults.step("after a folder")


class FaultyShell:
    """A shell that may lose its process before each command."""

    def __init__(self, inner: Shell, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def run(self, command: Command) -> CommandResult:
        self._faults.step(f"before {command.argv[0]}")
        return await self._inner.run(command)

    async def run_many(
        self, commands: Sequence[Command], *, budget: timedelta | None = None
    ) -> list[CommandResult]:
        self._faults.step(f"before {commands[0].argv[0]}")
        return await self._inner.run_many(commands, budget=budget)

    @asynccontextmanager
    async def files(self) -> AsyncIterator[Files]:
        async with self._inner.files() as files:
            yield FaultyFiles(files, self._faults)

    def forward_unix(self, remote_path: str) -> AbstractAsyncContextManager[Listener]:
        return self._inner.forward_unix(remote_path)

    def forward_tcp(self, host: str, port: int) -> AbstractAsyncContextManager[Listener]:
        return self._inner.forward_tcp(host, port)


class FaultyShells:
    """A pool that may lose its process around a login."""

    def __init__(self, inner: Shells, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    @asynccontextmanager
    async def open(self, target: Target) -> AsyncIterator[Shell]:
        self._faults.step("before a login")
        async with self._inner.open(target) as shell:
            self._faults.step("after a login")
            yield shell

    async def probe_host_key(self, target: Target) -> HostKey:
        return await self._inner.probe_host_key(target)

    async def forget(self, key: str) -> None:
        await self._inner.forget(key)

    async def close(self) -> None:
        await self._inner.close()
