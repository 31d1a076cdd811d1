"""Sees what the person who asks may see, and no more: each look is made with one of the rights."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.kernel import reach
from app.kernel.database import Database, Session
from app.services.core.permissions import Actor, P


class Eyes:
    """Opens reading sessions that are narrowed to a right of the person; none ever commits."""

    def __init__(
        self, database: Database, actor: Actor, again: Callable[[], Awaitable[Actor]] | None = None
    ) -> None:
        self._database = database
        self._again = again
        self.actor = actor

    def may(self, permission: P) -> bool:
        """Tell whether the person has the right anywhere."""
        return self.actor.may_somewhere(permission)

    async def refresh(self) -> None:
        """Ask again who the person is by now: rights end while a model thinks."""
        if self._again is not None:
            self.actor = await self._again()
        if not self.may(P.ASSISTANT_USE):
            self.actor.require(P.ASSISTANT_USE)

    @asynccontextmanager
    async def looking(self, permission: P) -> AsyncIterator[Session]:
        """Open a session that sees as far as the right reaches, or raise `PermissionDenied`."""
        if not self.may(permission):
            self.actor.require(permission)
        with reach.within(self.actor.reach(permission)):
            async with self._database.snapshot() as session:
                yield session
