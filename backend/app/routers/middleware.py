"""Gives every request an id, and drops connections' surprises before the routers see them.

Pure ASGI: Starlette's BaseHTTPMiddleware breaks context variables and streams.
"""

import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel import context, reach
from app.kernel.logging import get_logger

HEADER = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[0-9A-Za-z_-]{8,64}")
log = get_logger(__name__)


class RequestContext:
    """Binds the request id to logs, audit entries and problems, and answers it as a header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = _given_id(scope) or secrets.token_hex(8)
        mark = context.request_id.set(identifier)
        reached = reach.current.set(None)  # the guard narrows it
        asker = reach.asker.set(None)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = identifier
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            log.debug(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )
            reach.current.reset(reached)
            reach.asker.reset(asker)
            context.request_id.reset(mark)


def _given_id(scope: Scope) -> str | None:
    """Keep a proxy's id when it is harmless, so that both logs can be joined."""
    for name, value in scope["headers"]:
        if name.lower() == HEADER.lower().encode():
            text = value.decode("latin-1")
            return text if _ACCEPTABLE.fullmatch(text) else None
    return None
