"""What endpoints may ask for, by type. Each router builds its own services from these.

Sessions are function-scoped: the commit comes before the answer, so that a failing commit can
never reach the client as a success (FastAPI's default closes a dependency after the answer).
A provider with its own `yield` that stands on a session must be function-scoped too.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request

from app.kernel.database import Session
from app.schemas.base import PageQuery
from app.services.core.platform import Platform


def get_platform(request: Request) -> Platform:
    """Return what bootstrap has built."""
    platform = request.app.state.platform
    if not isinstance(platform, Platform):
        raise TypeError("The application was made without its platform.")
    return platform


PlatformDep = Annotated[Platform, Depends(get_platform)]


async def _read_session(platform: PlatformDep) -> AsyncIterator[Session]:
    async with platform.database.snapshot() as session:
        yield session


async def _write_session(platform: PlatformDep) -> AsyncIterator[Session]:
    async with platform.database.transaction() as session:
        yield session


ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
PageParameters = Annotated[PageQuery, Query()]
