"""Set-up, login, logout, step-up and the own password."""

from fastapi import APIRouter, Response, status

from app.routers.core.identity import (
    Door,
    OldCookie,
    Sessions,
    UserReader,
    clear_cookie,
    set_cookie,
)
from app.routers.dependencies import PlatformDep
from app.routers.guards import CurrentActor, CurrentCaller, CurrentVisit, public, requires
from app.routers.problems import documented
from app.schemas.core.session import Login, PasswordChange, SessionState, Setup, StepUp
from app.schemas.core.user import UserRead
from app.services.core.doorkeeper import Welcome
from app.services.core.permissions import ROLES, P, Role
from app.services.core.platform import Platform

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post(
    "/setup",
    dependencies=[public],
    status_code=status.HTTP_201_CREATED,
    summary="Make the first admin",
    responses=documented(403, 409, 422, 429),
)
async def set_up(
    setup: Setup, platform: PlatformDep, door: Door, visit: CurrentVisit, response: Response
) -> SessionState:
    """Make the first admin with the token that the server's console shows, and log in.

    The token counts for an hour and once; the set-up closes for good when a user exists.
    """
    welcome = await door.set_up(setup, visit)
    seconds = platform.settings.session.absolute_seconds
    set_cookie(response, welcome.opened, is_secure=visit.is_secure, seconds=seconds)
    return _welcome_state(platform, welcome, is_secure=visit.is_secure)


@router.post(
    "/login",
    dependencies=[public],
    summary="Log in",
    responses=documented(401, 403, 422, 429),
)
async def log_in(
    login: Login,
    platform: PlatformDep,
    door: Door,
    visit: CurrentVisit,
    old: OldCookie,
    response: Response,
) -> SessionState:
    """Open a session in a cookie. Wrong passwords are limited per account and address."""
    welcome = await door.log_in(login.name, login.password.get_secret_value(), visit, old)
    seconds = platform.settings.session.absolute_seconds
    set_cookie(response, welcome.opened, is_secure=visit.is_secure, seconds=seconds)
    return _welcome_state(platform, welcome, is_secure=visit.is_secure)


@router.post(
    "/logout",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Log out",
    responses=documented(401, 403),
)
async def log_out(
    actor: CurrentActor, sessions: Sessions, visit: CurrentVisit, response: Response
) -> None:
    """End the present session and take the cookie back. An API token has none: nothing ends."""
    if actor.session_id is not None and actor.user_id is not None:
        await sessions.end(actor, actor.user_id, actor.session_id)
    clear_cookie(response, is_secure=visit.is_secure)


@router.get("/session", dependencies=[public], summary="Who is logged in here")
async def get_session(caller: CurrentCaller, users: UserReader) -> SessionState:
    """Tell who is logged in, what they may do, and the CSRF token for writes.

    Open to everybody, since a page asks this first; nobody gets an empty answer.
    """
    actor = caller.actor
    user = None if actor.user_id is None else await users.get(actor.user_id)
    return SessionState(
        user=None if user is None else UserRead.model_validate(user),
        permissions=sorted(actor.permissions),
        csrf_token=caller.csrf_token,
        is_secure=caller.visit.is_secure,
        is_setup_needed=user is None and not await users.exists(),
        has_stepped_up=actor.has_stepped_up,
    )


@router.post(
    "/step-up",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Repeat the password",
    responses=documented(401, 403, 409, 422, 429),
)
async def step_up(
    repeated: StepUp,
    actor: CurrentActor,
    platform: PlatformDep,
    door: Door,
    visit: CurrentVisit,
    response: Response,
) -> None:
    """Open the dangerous actions for five minutes. The cookie changes, the CSRF token stays."""
    opened = await door.step_up(actor, repeated.password.get_secret_value(), visit)
    seconds = platform.settings.session.absolute_seconds
    set_cookie(response, opened, is_secure=visit.is_secure, seconds=seconds)


@router.post(
    "/password",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Change the own password",
    responses=documented(401, 403, 409, 422, 429),
)
async def change_password(
    change: PasswordChange,
    actor: CurrentActor,
    platform: PlatformDep,
    door: Door,
    visit: CurrentVisit,
    response: Response,
) -> None:
    """Set a new password. All other sessions of the user end; API tokens stay as they are."""
    current, new = change.current.get_secret_value(), change.password.get_secret_value()
    opened = await door.change_password(actor, current, new, visit)
    if opened is not None:
        seconds = platform.settings.session.absolute_seconds
        set_cookie(response, opened, is_secure=visit.is_secure, seconds=seconds)


def _welcome_state(platform: Platform, welcome: Welcome, *, is_secure: bool) -> SessionState:
    authenticator = platform.identity.authenticator
    return SessionState(
        user=UserRead.model_validate(welcome.user),
        permissions=sorted(ROLES[Role(welcome.user.role)]),
        csrf_token=authenticator.csrf_token(welcome.opened.session_id),
        is_secure=is_secure,
        is_setup_needed=False,
        has_stepped_up=True,
    )
