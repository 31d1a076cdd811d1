"""Live state as server-sent events: what changed, so that a page asks for it again."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from app.kernel.errors import InvalidInput, JsonValue
from app.ports.live_bus import RESYNC, LiveEvent
from app.routers.dependencies import PlatformDep
from app.routers.guards import ActorAgain, CurrentActor, requires
from app.routers.problems import documented
from app.services.core.live import TOPICS
from app.services.core.permissions import Actor, P
from app.services.core.platform import Platform
from app.services.core.sight import Sight

router = APIRouter(tags=["live"])

_MOST_WATCHED = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream does what nobody asks it for, in seconds."""

    keep_alive: float = 15.0  # proxies close what is silent for a minute
    check: float = 3.0  # a login that ends by the clock hears nothing after so long
    mark: float = 10.0  # how often a watched server is marked again


def get_pace() -> Pace:
    """Return the pace of the streams."""
    return Pace()


_STREAM: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Events named by their topic, until the client leaves or the login ends.",
        "content": {
            "text/event-stream": {
                "example": 'event: schedule\ndata: {"name": "core.history"}\n\n',
            }
        },
    }
}


class WatchNotValid(InvalidInput):
    """Nothing that can be watched."""

    title = "This cannot be watched"


@router.get(
    "/api/live",
    dependencies=[requires(P.SYSTEM_READ)],
    response_class=StreamingResponse,
    summary="Follow live changes",
    responses={**documented(401, 403, 422), **_STREAM},
)
async def follow_live(
    platform: PlatformDep,
    actor: CurrentActor,
    again: ActorAgain,
    pace: Annotated[Pace, Depends(get_pace)],
    watch: Annotated[
        list[str], Query(max_length=_MOST_WATCHED, description="`server:<id>`, measured often.")
    ] = [],  # noqa: B006 - FastAPI copies it
    last_event_id: Annotated[str, Header(max_length=100, description="Sent by browsers.")] = "",
) -> StreamingResponse:
    """Send an event whenever something changes that the caller may see.

    An event's data names what changed; `resync` stands for anything, and comes first after a
    break. While the stream is open, each watched server is measured every few seconds.
    """
    servers = frozenset(_server_id(text) for text in watch)
    if servers and not actor.may_somewhere(P.SERVERS_READ):
        actor.require(P.SERVERS_READ)
    servers = await Sight(platform.database).seen(actor, P.SERVERS_READ, servers)
    stream = _Stream(platform, actor, again, servers, pace)
    return StreamingResponse(
        stream.texts(is_return=bool(last_event_id)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _server_id(text: str) -> uuid.UUID:
    kind, _, server_id = text.partition(":")
    try:
        if kind == "server":
            return uuid.UUID(server_id)
    except ValueError:
        pass
    raise WatchNotValid(f"{text[:60]!r} cannot be watched.", fix="Write it as server:<id>.")


@dataclass(slots=True)
class _Stream:
    """One open page."""

    platform: Platform
    actor: Actor
    again: Callable[[], Awaitable[Actor]]
    servers: frozenset[uuid.UUID]
    pace: Pace
    _due: dict[str, float] = field(default_factory=dict)
    _waiting: asyncio.Timeout | None = None

    @property
    def sight(self) -> Sight:
        """What tells which resources the person may see."""
        return Sight(self.platform.database)

    async def texts(self, *, is_return: bool) -> AsyncIterator[str]:
        """Yield the stream piece by piece, until the login ends."""
        logins = self.platform.logins
        with logins.watching(self.actor, self._hurry):
            async with self.platform.live.subscribe(TOPICS) as events:
                async for text in self._texts(events, is_return=is_return):
                    yield text

    async def _texts(
        self, events: AsyncIterator[LiveEvent], *, is_return: bool
    ) -> AsyncIterator[str]:
        yield _text(RESYNC, {}) if is_return else ": hello\n\n"
        self._is_due("check", self.pace.check)
        self._is_due("silence", self.pace.keep_alive)
        while True:
            if self._is_due("mark", self.pace.mark):
                for server_id in self.servers:
                    await self.platform.watches.mark(server_id)
            if self._is_due("check", self.pace.check) and not await self._is_still_welcome():
                return
            event = await self._next(events)
            if event is not None:
                event = await self._heard(event)
            if event is not None:
                yield _text(event.topic, event.payload)
            elif self._is_due("silence", self.pace.keep_alive):
                yield ": still here\n\n"

    async def _next(self, events: AsyncIterator[LiveEvent]) -> LiveEvent | None:
        wait = min(self._due.values()) - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(wait, 0.01)) as self._waiting:
                return await anext(events)
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    def _hurry(self) -> None:
        """Check at once whether the login still counts."""
        self._due["check"] = 0.0
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def _is_still_welcome(self) -> bool:
        self.actor = await self.again()
        return self.actor.may(P.SYSTEM_READ)

    async def _heard(self, event: LiveEvent) -> LiveEvent | None:
        if event.topic == RESYNC:
            return event
        return await self.sight.cut(self.actor, TOPICS[event.topic], event)

    def _is_due(self, what: str, seconds: float) -> bool:
        """Tell whether so many seconds have passed since this was last due."""
        now = asyncio.get_running_loop().time()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True


def _text(topic: str, payload: Mapping[str, JsonValue]) -> str:
    return f"event: {topic}\ndata: {json.dumps(dict(payload))}\n\n"
