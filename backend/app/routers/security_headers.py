"""Security headers on every answer, and a fresh nonce for the page's style element.

Pure ASGI: a middleware on top of a request object would break streams and context variables.
No Strict-Transport-Security: it holds for a host's every port, and on a home server other
services on the same name would be cut off.
"""

import secrets
from collections.abc import MutableMapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE_MARK = b"__CSP_NONCE__"
_FIXED: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def content_security_policy(nonce: str) -> str:
    """Return the policy: our own files only, no inline script, styles with the nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",  # mails are shown as they are, each under a stricter policy
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the headers; in HTML it puts the header's nonce in the place of `__CSP_NONCE__`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, is_api=_is_api(scope))
        await self._app(scope, receive, answer.send)


class _Answer:
    """One response on its way out."""

    def __init__(self, send: Send, *, is_api: bool) -> None:
        self._send = send
        self._is_api = is_api
        self._nonce = secrets.token_urlsafe(16)
        self._page: bytearray | None = None
        self._start: Message = {}

    async def send(self, message: Message) -> None:
        """Pass a message on; a page is held until it is whole, all else streams."""
        if message["type"] == "http.response.start":
            headers = self._with_ours(message.get("headers", []))
            self._start = {**message, "headers": headers}
            if _value(headers, b"content-type").startswith(b"text/html"):
                self._page = bytearray()
                return
            await self._send(self._start)
        elif self._page is not None and message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(bytes(self._page))
        else:
            await self._send(message)

    async def _send_page(self, page: bytes) -> None:
        body = page.replace(NONCE_MARK, self._nonce.encode())
        # Each answer has its own nonce, so that a stored copy of the page must not be shown. A
        # HEAD has no body, but says how long that of the GET would be.
        dropped = {b"content-length", b"etag", b"last-modified", b"cache-control"}
        kept = [(n, v) for n, v in self._start["headers"] if n.lower() not in dropped]
        length = [(b"content-length", str(len(body)).encode())] if body else []
        headers = [*kept, *length, (b"cache-control", b"no-store")]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _with_ours(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        policy = content_security_policy(self._nonce).encode()
        ours = [*_FIXED, (b"content-security-policy", policy)]
        if self._is_api:
            # What has an ETag is asked for again with it; all else leaves no copy behind.
            caching = b"private, no-cache" if _value(headers, b"etag") else b"no-store"
            ours.append((b"cache-control", caching))
        present = {name.lower() for name, _ in headers}
        return [*headers, *((name, value) for name, value in ours if name not in present)]


def _is_api(scope: MutableMapping[str, object]) -> bool:
    path = str(scope.get("path", ""))
    return "/api/" in path or path.endswith("/metrics")


def _value(headers: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name.lower() == wanted), b"")
