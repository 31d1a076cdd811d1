"""Set-up, login, logout, step-up, the own password and profile."""

from fastapi import APIRouter, Response, status

from app.kernel.errors import Conflict
from app.models.core.user import User
from app.routers.core.identity import (
    Door,
    OldCookie,
    PendingLogin,
    Place,
    SignOn,
    UserReader,
    Users,
    clear_cookie,
    set_cookie,
    welcome_state,
)
from app.routers.dependencies import PlatformDep
from app.routers.guards import CurrentActor, CurrentCaller, CurrentVisit, public, requires
from app.routers.problems import documented
from app.schemas.core.session import (
    LoggedOut,
    Login,
    PasswordChange,
    ProfileUpdate,
    SessionState,
    Setup,
    StepUp,
)
from app.schemas.core.user import UserRead
from app.services.core.permissions import P
from app.services.core.users import UserChanges

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
    return welcome_state(platform, await door.set_up(setup, visit), visit, response)


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
    """Open a session in a cookie. Wrong passwords are limited per account and address.

    Where a second factor is needed, `user` is null and `next_step` says what to send next; the
    cookie of this answer opens that step and nothing else.
    """
    welcome = await door.log_in(login.name, login.password.get_secret_value(), visit, old)
    return welcome_state(platform, welcome, visit, response)


@router.post(
    "/logout",
    dependencies=[requires(P.SELF)],
    summary="Log out",
    responses=documented(401, 403),
)
async def log_out(
    actor: CurrentActor,
    door: Door,
    sign_on: SignOn,
    place: Place,
    visit: CurrentVisit,
    response: Response,
) -> LoggedOut:
    """End the present session and take the cookie back. An API token has none: nothing ends.

    Who came by a provider is told where to log out there, too.
    """
    provider_url = await sign_on.log_out_address(actor, place)
    await door.log_out(actor)
    clear_cookie(response, is_secure=visit.is_secure)
    return LoggedOut(provider_url=provider_url)


@router.get("/session", dependencies=[public], summary="Who is logged in here")
async def get_session(
    caller: CurrentCaller, users: UserReader, platform: PlatformDep, pending: PendingLogin
) -> SessionState:
    """Tell who is logged in, what they may do, and the CSRF token for writes.

    Open to everybody, since a page asks this first; nobody gets an empty answer.
    """
    actor = caller.actor
    user = None if actor.user_id is None else await users.get(actor.user_id)
    return SessionState(
        user=None if user is None else UserRead.model_validate(user),
        permissions=sorted(actor.somewhere()),
        csrf_token=caller.csrf_token,
        is_secure=caller.visit.is_secure,
        is_setup_needed=user is None and not await users.exists(),
        has_stepped_up=actor.has_stepped_up,
        next_step=pending if user is None else None,
        password_length=platform.settings.login.password_length,
    )


@router.post(
    "/step-up",
    dependencies=[requires(P.SELF)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Repeat the password, or give a code",
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
    password, code = repeated.password, repeated.code
    opened = await door.step_up(
        actor,
        None if password is None else password.get_secret_value(),
        None if code is None else code.get_secret_value(),
        visit,
    )
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


@router.patch(
    "/profile",
    dependencies=[requires(P.SELF)],
    response_model=UserRead,
    summary="Change the own full name",
    responses=documented(401, 403, 409, 422),
)
async def update_profile(profile: ProfileUpdate, actor: CurrentActor, users: Users) -> User:
    """Change how others read the own account; the name to log in with stays."""
    if actor.user_id is None:
        raise Conflict("This command runs as no user, so that it has no profile.")
    return await users.update(actor, actor.user_id, UserChanges(full_name=profile.full_name))
