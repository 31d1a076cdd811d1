"""The gate before each sshd: few unfinished logins at once, and not too many in a second.

sshd drops unauthenticated connections from MaxStartups on (10 by default), and guards such as
fail2ban count them. Each address has its own gate, so fifty machines still connect at once.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator


class Gate:
    """The gate of one sshd."""

    def __init__(self, *, at_once: int, per_second: int) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._starts: deque[float] = deque(maxlen=per_second)
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Hold a place from the first packet until the login has ended, well or badly."""
        async with self._room:
            async with self._turn:
                clock = asyncio.get_running_loop().time
                if len(self._starts) == self._starts.maxlen:
                    await asyncio.sleep(max(0.0, self._starts[0] + 1.0 - clock()))
                self._starts.append(clock())
            yield


class Gates:
    """The gates of all addresses."""

    def __init__(self, *, at_once: int, per_second: int) -> None:
        self._at_once = at_once
        self._per_second = per_second
        self._gates: dict[tuple[str, int], Gate] = {}

    def before(self, host: str, port: int) -> Gate:
        gate = self._gates.get((host, port))
        if gate is None:
            gate = Gate(at_once=self._at_once, per_second=self._per_second)
            self._gates[host, port] = gate
        return gate
