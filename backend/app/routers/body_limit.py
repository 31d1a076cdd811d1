"""Refuses bodies that are too large, while they are read and before they fill the memory.

Pure ASGI. What is not read is not counted: an endpoint without a body ignores it.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

USUAL_BYTES = 1024 * 1024
# Files with servers are the only long texts that people send.
IMPORT_BYTES = 8 * 1024 * 1024
_IMPORT = "/api/infrastructure/servers/import"


class BodyLimit:
    """Counts what a request brings, whatever it says of its length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = IMPORT_BYTES if _IMPORT in scope["path"] else USUAL_BYTES
        came = 0

        async def receive_counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                # Raised where the body is read, so that it leaves as any other problem does.
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The body has more than {limit // 1024} KiB, the most that is read here.",
                )
            return message

        await self._app(scope, receive_counted, send)
