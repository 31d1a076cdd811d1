"""Serves the built web interface: hashed files for ever, the page itself never from a cache."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

BUILD = Path(__file__).parents[3] / "frontend" / "dist"
BASE_PLACEHOLDER = '<base href="/" />'
NOT_BUILT = "The web interface is not built: run `make frontend`, then load this page again.\n"


class WebInterface:
    """Answers what no router knows: a file of the build, or the page that routes by itself."""

    def __init__(self, build: Path = BUILD, base_path: str = "") -> None:
        self._build = build.resolve()
        self._base = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":  # nobody here speaks WebSocket
            await send({"type": "websocket.close", "code": 1000})
            return
        response = self._answer(scope)
        await response(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path = scope["path"].removeprefix(self._base).lstrip("/")
        if path.startswith("api/"):
            raise HTTPException(404)
        if scope["method"] not in {"GET", "HEAD"}:
            return PlainTextResponse(
                "Method not allowed\n", status_code=405, headers={"Allow": "GET, HEAD"}
            )
        file = self._find(path)
        if file is not None:
            is_hashed = path.startswith("assets/")
            caching = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
            return FileResponse(file, headers={"Cache-Control": caching})
        if path.startswith("assets/"):
            return PlainTextResponse("No such file\n", status_code=404)
        return self._page()

    def _find(self, path: str) -> Path | None:
        """Return the file of the build under this name; nothing outside of the build is one."""
        try:
            file = (self._build / path).resolve()
            is_there = file.is_relative_to(self._build) and file.is_file()
        except (OSError, ValueError):  # no file has such a name: too long, or with a NUL
            return None
        return file if is_there and file.name != "index.html" else None

    def _page(self) -> Response:
        index = self._build / "index.html"
        if not index.is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        html = index.read_text(encoding="utf-8")
        # The security headers put their nonce into the page on its way out.
        html = html.replace(BASE_PLACEHOLDER, f'<base href="{self._base}/" />')
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})
