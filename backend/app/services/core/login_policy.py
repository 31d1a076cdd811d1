"""What a login takes, by the settings: who must have a second factor."""

from app.kernel.config import LoginPart
from app.kernel.errors import PermissionDenied, TooManyRequests, Unauthenticated
from app.models.core.pending_login import NextStep
from app.models.core.permission import Role
from app.models.core.user import User


class WrongCode(PermissionDenied):
    """Not a code of now, used before, or of another account."""

    title = "The code is wrong"


class TooManyCodes(TooManyRequests):
    """Wait before the next code."""

    title = "Too many wrong codes"


class LoginBegunTooLongAgo(Unauthenticated):
    """The first step of the login counts no longer."""

    title = "Log in again from the start"


def is_demanded(login: LoginPart, role: Role) -> bool:
    """Tell whether people of this role must have a second factor."""
    return login.second_factor == "everybody" or (
        login.second_factor == "admins" and role is Role.ADMIN
    )


def next_step(login: LoginPart, user: User, *, is_vouched: bool) -> NextStep | None:
    """Return what is missing after the password, or after a provider that may vouch for more."""
    if is_vouched:
        return None
    if user.has_second_factor:
        return NextStep.SECOND_FACTOR
    return NextStep.ENROLMENT if is_demanded(login, Role(user.role)) else None
