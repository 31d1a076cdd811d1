"""Notices that a login has ended or its role changed, for answers that go on for hours.

One question a process asks the database twice a second for all open streams together, and none
while there are none. A message between the processes would be cheaper still, but the command line
and another program on the same database send none.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import Database
from app.kernel.logging import get_logger
from app.models.core.api_token import ApiToken
from app.models.core.session import Session
from app.models.core.user import User
from app.services.core.permissions import Actor

EVERY_SECONDS = 0.5
_AT_ONCE = 500
log = get_logger(__name__)
Look = tuple[object, ...]


@dataclass(eq=False, slots=True)
class _Watched:
    login_id: uuid.UUID
    hurry: Callable[[], None]
    seen: Look | None = None  # how the login looked when it was asked for last
    is_known: bool = False


class LoginWatch:
    """The open streams of this process; `serve` must run for any to be hurried."""

    def __init__(self, database: Database, *, every: float = EVERY_SECONDS) -> None:
        self._database = database
        self._every = every
        self._watched: set[_Watched] = set()
        self._somebody = asyncio.Event()

    @contextmanager
    def watching(self, actor: Actor, hurry: Callable[[], None]) -> Iterator[None]:
        """Call `hurry` soon after the actor's login changes, for the length of the block."""
        login_id = actor.session_id or actor.token_id
        if login_id is None:  # the local socket, which nobody can revoke
            yield
            return
        watched = _Watched(login_id, hurry)
        self._watched.add(watched)
        self._somebody.set()
        try:
            yield
        finally:
            self._watched.discard(watched)

    async def serve(self) -> None:
        """Look until cancelled."""
        while True:
            if not self._watched:
                self._somebody.clear()
                await self._somebody.wait()
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                # The streams ask for themselves every few seconds; this only makes them faster.
                log.warning("logins_not_watched", error=type(error).__name__)
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Ask once, and hurry those whose login is not as it was."""
        watched = list(self._watched)
        for start in range(0, len(watched), _AT_ONCE):
            part = watched[start : start + _AT_ONCE]
            found = await self._looks([one.login_id for one in part])
            for one in part:
                now = found.get(one.login_id)
                if (one.is_known and now != one.seen) or now is None:
                    one.hurry()
                one.seen, one.is_known = now, True

    async def _looks(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, Look]:
        sessions = (
            select(Session.id, User.role, User.is_disabled)
            .join(User, User.id == Session.user_id)
            .where(Session.id.in_(ids))
        )
        tokens = (
            select(ApiToken.id, User.role, User.is_disabled)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.id.in_(ids))
        )
        async with self._database.snapshot() as session:
            rows = [*(await session.execute(sessions)), *(await session.execute(tokens))]
        return {row[0]: tuple(row[1:]) for row in rows}
