"""The web application: routers, errors, headers and the built web interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app import __version__
from app.bootstrap import Unity
from app.kernel.errors import JsonValue
from app.routers import document, problems
from app.routers.api import ROUTERS
from app.routers.body_limit import BodyLimit
from app.routers.middleware import RequestContext
from app.routers.security_headers import SecurityHeaders
from app.routers.web import WebInterface

DESCRIPTION = """
One program that runs a homelab or a small fleet. Log in for a session cookie, or send an API
token as `Authorization: Bearer unity_…`. Errors are problem documents (RFC 9457). Lists take
`page`, `per_page`, `sort` (`-` in front: descending) and `q`.
"""


def create_app(unity: Unity | None = None) -> FastAPI:
    """Build the application; without a platform it serves only its own description."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if unity is None:
            yield
            return
        async with unity.running():
            yield

    app = _Application(
        title="Unity",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        root_path=unity.platform.settings.server.base_path if unity else "",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_operation_id,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestContext)
    if unity is not None:
        app.state.platform = unity.platform
        app.router.default = WebInterface(base_path=unity.platform.settings.server.base_path)
    return app


class _Application(FastAPI):
    """FastAPI, with a description that leaves nothing out."""

    def openapi(self) -> dict[str, JsonValue]:
        """Describe the whole API."""
        if self.openapi_schema is None:
            self.openapi_schema = document.finish(super().openapi())
        return self.openapi_schema


def _operation_id(route: APIRoute) -> str:
    """`list_servers` → `listServers`: what the generated client calls it."""
    head, *rest = route.name.split("_")
    return head + "".join(word.capitalize() for word in rest)
