"""Who may call an endpoint: each declares exactly one guard, `requires(P.x)` or `public`.

Guards sit on endpoints, not on routers, so that a test can find them and count.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, NoReturn

from fastapi import Depends
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.params import Depends as DependsMarker
from fastapi.requests import HTTPConnection
from fastapi.security.base import SecurityBase
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kernel.errors import PermissionDenied, Unauthenticated
from app.services.core.authentication import Caller
from app.services.core.permissions import Actor, ActorKind, P, system
from app.services.core.platform import Platform
from app.services.core.visits import Visit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
_LOCAL = "unity.local_socket"


class CrossOrigin(PermissionDenied):
    """A page of another origin made the browser send this."""

    title = "Sent from another page"


class CsrfTokenMissing(PermissionDenied):
    """A write with a session cookie brought no token, or a wrong one."""

    title = "The CSRF token is missing"


class StepUpRequired(PermissionDenied):
    """The action is dangerous: the password must have been repeated lately."""

    title = "Repeat your password"


class LocalSocket:
    """Wraps the application for a unix socket that only the service's own account can open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark the connection; no header can."""
        await self._app({**scope, _LOCAL: True}, receive, send)


class _TokenScheme(SecurityBase):
    """Names the bearer token in the OpenAPI document."""

    def __init__(self) -> None:
        self.model = HTTPBearer(description="An API token: `unity_<id>_<secret>`.")
        self.scheme_name = "token"

    async def __call__(self, connection: HTTPConnection) -> str | None:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


class _CookieScheme(SecurityBase):
    """Names the session cookie in the OpenAPI document."""

    def __init__(self) -> None:
        place = APIKeyIn.cookie
        self.model = APIKey.model_validate(
            {
                "in": place,
                "name": cookie_name(is_secure=True),
                "description": "A login; over plain HTTP the cookie is named `unity_session`.",
            }
        )
        self.scheme_name = "session"

    async def __call__(self, connection: HTTPConnection) -> str | None:
        # Not Python's own parser: one cookie that it cannot read, of another service on the same
        # host, would hide all others.
        return connection.cookies.get(cookie_name(is_secure=visit_of(connection).is_secure))


def cookie_name(*, is_secure: bool) -> str:
    """Return the cookie's name; browsers refuse the `__Host-` prefix over plain HTTP."""
    return "__Host-unity_session" if is_secure else "unity_session"


def platform_of(connection: HTTPConnection) -> Platform:
    """Return what bootstrap has built, for HTTP requests and WebSockets alike."""
    platform = connection.app.state.platform
    if not isinstance(platform, Platform):
        raise TypeError("The application was made without its platform.")
    return platform


def visit_of(connection: HTTPConnection) -> Visit:
    """Return where the request comes from."""
    return platform_of(connection).identity.visits.read(
        scheme=connection.url.scheme,
        peer=connection.client.host if connection.client else None,
        headers=connection.headers,
    )


async def identify(
    connection: HTTPConnection,
    token: Annotated[str | None, Depends(_TokenScheme())],
    cookie: Annotated[str | None, Depends(_CookieScheme())],
) -> Caller:
    """Return who sends this; an unknown or ended login is nobody, not an error."""
    visit = visit_of(connection)
    authenticator = platform_of(connection).identity.authenticator
    if connection.scope.get(_LOCAL) is True:
        return Caller(system("command line"), visit)
    if token is not None:
        return await authenticator.by_token(token, visit)
    if cookie is not None:
        return await authenticator.by_cookie(cookie, visit)
    return authenticator.nobody(visit)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a test looks for on every route."""

    permission: P | None = None
    needs_step_up: bool = False


@dataclass(frozen=True, slots=True)
class _Public(Guard):
    """Open to everybody, but no other site's page may write."""

    async def __call__(self, connection: HTTPConnection) -> None:
        if _is_write(connection) and not visit_of(connection).is_own_origin:
            _refuse_origin()


@dataclass(frozen=True, slots=True)
class _Required(Guard):
    """Open to those with the permission."""

    async def __call__(
        self, connection: HTTPConnection, caller: Annotated[Caller, Depends(identify)]
    ) -> None:
        actor = caller.actor
        if actor.kind is ActorKind.ANONYMOUS:
            raise Unauthenticated(
                "Nobody is logged in, or the session or token has ended.",
                fix="Log in, or send an API token that is still valid.",
            )
        if caller.csrf_token is not None:
            _check_page(connection, caller)
        if self.permission is not None:
            actor.enter(self.permission)
        if self.needs_step_up and actor.session_id is not None and not actor.has_stepped_up:
            raise StepUpRequired(
                "This action needs your password once more.",
                fix="Send it to POST /api/auth/step-up, then repeat the request.",
            )


def _check_page(connection: HTTPConnection, caller: Caller) -> None:
    """Make sure that our own page sent this: browsers add the cookie for any page."""
    if not caller.visit.is_own_origin and not (
        caller.visit.is_navigation and not _is_write(connection)
    ):
        _refuse_origin()
    if _is_write(connection) and not caller.is_csrf_token(connection.headers.get(CSRF_HEADER, "")):
        raise CsrfTokenMissing(
            f"The header {CSRF_HEADER} is missing or not of this session.",
            fix="Read the token from GET /api/auth/session; pages: reload.",
        )


def _is_write(connection: HTTPConnection) -> bool:
    return connection.scope.get("method", "GET") not in SAFE_METHODS


def _refuse_origin() -> NoReturn:
    raise CrossOrigin(
        "The request was made by a page of another address than Unity's.",
        fix="Behind a proxy: pass the Host header on, or set UNITY_SERVER__PUBLIC_URL.",
    )


async def _current_actor(caller: Annotated[Caller, Depends(identify)]) -> Actor:
    return caller.actor


async def _actor_again(
    connection: HTTPConnection,
    token: Annotated[str | None, Depends(_TokenScheme())],
    cookie: Annotated[str | None, Depends(_CookieScheme())],
) -> Callable[[], Awaitable[Actor]]:
    async def again() -> Actor:
        return (await identify(connection, token, cookie)).actor

    return again


CurrentCaller = Annotated[Caller, Depends(identify)]
CurrentActor = Annotated[Actor, Depends(_current_actor)]
# For an answer that goes on for hours: asks again who the sender is by now.
ActorAgain = Annotated[Callable[[], Awaitable[Actor]], Depends(_actor_again)]
CurrentVisit = Annotated[Visit, Depends(visit_of)]

public = Depends(_Public())


def requires(permission: P, *, step_up: bool = False) -> DependsMarker:
    """Return the guard of an endpoint: `dependencies=[requires(P.X)]`.

    With `step_up`, a person must have repeated the password lately; an API token need not, since
    it carries only the scopes that were given to it for this.
    """
    guard: DependsMarker = Depends(_Required(permission, step_up))
    return guard
