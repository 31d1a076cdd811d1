"""The second step of a login, and the own second factor."""

from fastapi import APIRouter, Response, status

from app.routers.core.identity import (
    OldCookie,
    OwnFactor,
    PendingCookie,
    Steps,
    UserReader,
    welcome_state,
)
from app.routers.dependencies import PlatformDep
from app.routers.guards import CurrentActor, CurrentVisit, public, requires
from app.routers.problems import documented
from app.schemas.core.second_factor import (
    CodeInput,
    EnrolmentDone,
    EnrolmentRead,
    RecoveryCodes,
    SecondFactorState,
)
from app.schemas.core.session import SessionState
from app.services.core.permissions import P, Role

router = APIRouter(prefix="/api/auth", tags=["auth"])
_NO_STORE = {"Cache-Control": "no-store"}


@router.post(
    "/login/code",
    dependencies=[public],
    summary="Finish a login with a code",
    responses=documented(401, 403, 409, 422, 429),
)
async def give_code(
    given: CodeInput,
    platform: PlatformDep,
    steps: Steps,
    visit: CurrentVisit,
    token: PendingCookie,
    old: OldCookie,
    response: Response,
) -> SessionState:
    """Open the session that a login has begun, with a code of the app or a recovery code.

    A code counts once. After five wrong ones the login must be begun anew.
    """
    welcome = await steps.give_code(token, given.code.get_secret_value(), visit, old)
    return welcome_state(platform, welcome, visit, response)


@router.post(
    "/login/enrolment",
    dependencies=[public],
    summary="Set up a demanded second factor",
    responses=documented(401, 403, 409),
)
async def begin_demanded_enrolment(
    steps: Steps, token: PendingCookie, response: Response
) -> EnrolmentRead:
    """Show the key of a new second factor to a login that may do nothing before it has one."""
    response.headers.update(_NO_STORE)
    begun = await steps.begin_enrolment(token)
    return EnrolmentRead(key=begun.secret, picture=begun.picture)


@router.post(
    "/login/enrolment/confirm",
    dependencies=[public],
    summary="Confirm a demanded second factor",
    responses=documented(401, 403, 409, 422, 429),
)
async def confirm_demanded_enrolment(
    given: CodeInput,
    platform: PlatformDep,
    steps: Steps,
    visit: CurrentVisit,
    token: PendingCookie,
    old: OldCookie,
    response: Response,
) -> EnrolmentDone:
    """Let the second factor count from now on, and open the session."""
    response.headers.update(_NO_STORE)
    done = await steps.confirm_enrolment(token, given.code.get_secret_value(), visit, old)
    session = welcome_state(platform, done.welcome, visit, response)
    return EnrolmentDone(codes=done.codes, session=session)


@router.get(
    "/second-factor",
    dependencies=[requires(P.SELF)],
    summary="Show the own second factor",
    responses=documented(401, 403, 404),
)
async def get_second_factor(
    actor: CurrentActor, factor: OwnFactor, users: UserReader
) -> SecondFactorState:
    """Tell whether there is one, and how many recovery codes are left; never a secret."""
    state = await factor.state(actor)
    user = None if actor.user_id is None else await users.get(actor.user_id)
    is_set = state.row is not None and state.row.secret is not None
    return SecondFactorState(
        is_set=is_set,
        set_at=state.row.confirmed_at if state.row is not None and is_set else None,
        recovery_codes_left=state.codes_left,
        is_demanded=user is not None and factor.is_demanded(Role(user.role)),
    )


@router.post(
    "/second-factor",
    dependencies=[requires(P.SELF, step_up=True)],
    summary="Set up a second factor",
    responses=documented(401, 403, 404, 409),
)
async def begin_enrolment(
    actor: CurrentActor, factor: OwnFactor, response: Response
) -> EnrolmentRead:
    """Show a new key; it counts for nothing until a code of it confirms that the app has it."""
    response.headers.update(_NO_STORE)
    begun = await factor.begin(actor)
    return EnrolmentRead(key=begun.secret, picture=begun.picture)


@router.post(
    "/second-factor/confirm",
    dependencies=[requires(P.SELF)],
    summary="Confirm the second factor",
    responses=documented(401, 403, 404, 409, 422),
)
async def confirm_enrolment(
    given: CodeInput, actor: CurrentActor, factor: OwnFactor, response: Response
) -> RecoveryCodes:
    """Let it count from the next login on. All other sessions end. Shows the recovery codes."""
    response.headers.update(_NO_STORE)
    return RecoveryCodes(codes=await factor.confirm(actor, given.code.get_secret_value()))


@router.post(
    "/second-factor/recovery-codes",
    dependencies=[requires(P.SELF, step_up=True)],
    summary="Make new recovery codes",
    responses=documented(401, 403, 404),
)
async def renew_recovery_codes(
    actor: CurrentActor, factor: OwnFactor, response: Response
) -> RecoveryCodes:
    """Make ten new ones in place of the old; this answer is the only one that shows them."""
    response.headers.update(_NO_STORE)
    return RecoveryCodes(codes=await factor.renew_codes(actor))


@router.delete(
    "/second-factor",
    dependencies=[requires(P.SELF, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Turn the second factor off",
    responses=documented(401, 403, 404, 409),
)
async def turn_off_second_factor(actor: CurrentActor, factor: OwnFactor) -> None:
    """Log in with the password alone from now on; refused where the settings demand a factor."""
    await factor.turn_off(actor)
