"""The pool of machines: one kept connection for each key."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

import asyncssh

from app.adapters.ssh.gate import Gates
from app.adapters.ssh.link import Link
from app.adapters.ssh.login import log_in, offered_key
from app.adapters.ssh.settings import SshLimits
from app.ports.shell import HostKey, Shell, ShellError, Target


@dataclass(slots=True)
class _Place:
    """A target's place in the pool: its connection, who uses it, and the last failure."""

    target: Target
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    link: Link | None = None
    jump: "_Place | None" = None
    users: int = 0
    is_retired: bool = False
    failure: tuple[float, ShellError] | None = None
    eviction: asyncio.TimerHandle | None = None


class LocalMachine(Shell, Protocol):
    """The shell of this machine, which the pool closes with the others."""

    async def close(self) -> None:
        """End what was kept of it."""
        ...


class SshShells:
    """Implements `Shells` over SSH. `local` answers for the target that is this machine."""

    def __init__(
        self, limits: SshLimits | None = None, *, local: LocalMachine | None = None
    ) -> None:
        asyncssh.set_log_level("WARNING")  # it tells of each packet's fate below that
        self._limits = limits or SshLimits()
        self._local = local
        self._places: dict[str, _Place] = {}
        self._gates = Gates(
            at_once=self._limits.logins_at_once, per_second=self._limits.logins_per_second
        )

    @contextlib.asynccontextmanager
    async def open(self, target: Target) -> AsyncIterator[Shell]:
        if target.is_local:
            yield self._this_machine()
            return
        place = await self._take(target)
        try:
            yield _link_of(place)
        finally:
            self._release(place)

    async def probe_host_key(self, target: Target) -> HostKey:
        if target.is_local:
            raise ShellError("This machine is not reached over SSH: it has no host key to approve.")
        jump = await self._take(target.jump) if target.jump else None
        try:
            async with self._gates.before(target.host, target.port).passage():
                return await offered_key(target, _tunnel(jump), self._limits)
        finally:
            if jump is not None:
                self._release(jump)

    async def forget(self, key: str) -> None:
        place = self._places.pop(key, None)
        if place is not None:
            place.is_retired = True
            await self._close(place)

    async def close(self) -> None:
        # Those behind a jump host first: the jump host carries their last packets.
        places = sorted(self._places.values(), key=lambda place: place.jump is None)
        self._places.clear()
        for place in places:
            place.is_retired = True
            await self._close(place)
        if self._local is not None:
            await self._local.close()

    def _this_machine(self) -> Shell:
        if self._local is None:
            raise ShellError("This process has no way to ask the machine it runs on.")
        return self._local

    async def _take(self, target: Target) -> _Place:
        """Return the target's place with a living connection, counted as used."""
        place = self._place_of(target)
        place.users += 1
        asked = asyncio.get_running_loop().time()
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._release, place)
            async with place.lock:
                if place.link is None or not place.link.is_alive:
                    self._raise_shared_failure(place, asked)
                    await self._connect(place)
            on_failure.pop_all()
        return place

    def _place_of(self, target: Target) -> _Place:
        place = self._places.get(target.key)
        if place is not None and place.target != target:
            # Edited: whoever still talks over the old connection may finish, nobody else gets it.
            place.is_retired = True
            self._drop_if_unused(place)
            place = None
        if place is None:
            place = self._places[target.key] = _Place(target)
        if place.eviction is not None:
            place.eviction.cancel()
            place.eviction = None
        return place

    def _raise_shared_failure(self, place: _Place, asked: float) -> None:
        """Those who waited for the same login share its failure: a dead host is tried once."""
        if place.failure is not None and place.failure[0] >= asked:
            raise place.failure[1]

    async def _connect(self, place: _Place) -> None:
        self._disconnect(place)
        target = place.target
        try:
            place.jump = await self._take(target.jump) if target.jump else None
            async with self._gates.before(target.host, target.port).passage():
                connection = await log_in(target, _tunnel(place.jump), self._limits)
            with contextlib.ExitStack() as on_failure:
                link = Link(target, connection, self._limits)
                on_failure.callback(link.close)
                await link.greet()
                on_failure.pop_all()
        except ShellError as error:
            place.failure = (asyncio.get_running_loop().time(), error)
            self._disconnect(place)
            raise
        place.link, place.failure = link, None

    def _release(self, place: _Place) -> None:
        place.users -= 1
        if place.users:
            return
        self._drop_if_unused(place)
        if place.link is not None:
            loop = asyncio.get_running_loop()
            place.eviction = loop.call_later(self._limits.idle_seconds, self._evict, place)

    def _evict(self, place: _Place) -> None:
        if not place.users:
            place.is_retired = True
            if self._places.get(place.target.key) is place:
                del self._places[place.target.key]
            self._drop_if_unused(place)

    def _drop_if_unused(self, place: _Place) -> None:
        dead = place.link is None or not place.link.is_alive
        if not place.users and (place.is_retired or dead):
            self._disconnect(place)

    def _disconnect(self, place: _Place) -> None:
        """Drop the connection, then let go of the jump host that carried it."""
        link, jump = place.link, place.jump
        place.link = place.jump = None
        if link is not None:
            link.close()
        if jump is not None:
            self._release(jump)

    async def _close(self, place: _Place) -> None:
        if place.eviction is not None:
            place.eviction.cancel()
        connection = place.link.connection if place.link is not None else None
        self._disconnect(place)
        if connection is not None:
            await connection.wait_closed()


def _link_of(place: _Place) -> Link:
    assert place.link is not None  # noqa: S101 - `_take` returns only with a connection
    return place.link


def _tunnel(place: _Place | None) -> asyncssh.SSHClientConnection | None:
    return _link_of(place).connection if place is not None else None
