"""Builds the services of identity for the endpoints of this room."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from app.models.core.pending_login import NextStep
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentVisit, cookie_name
from app.schemas.core.session import SessionState
from app.schemas.core.user import UserRead
from app.services.core.audit import AuditLog
from app.services.core.audit_entries import AuditEntries
from app.services.core.authentication import TOKEN_PEPPER_INFO
from app.services.core.doorkeeper import Doorkeeper
from app.services.core.entrance import Keys, Welcome
from app.services.core.login_sessions import Opened
from app.services.core.own_second_factor import OwnSecondFactor
from app.services.core.pending_logins import LIFETIME as PENDING_LIFETIME
from app.services.core.permissions import ROLES, Role
from app.services.core.platform import Platform
from app.services.core.second_steps import SecondSteps
from app.services.core.sessions import SessionService
from app.services.core.single_sign_on.flow import LIFETIME as FLOW_LIFETIME
from app.services.core.single_sign_on.flow import Departure
from app.services.core.single_sign_on.links import LinkService
from app.services.core.single_sign_on.providers import ProviderService
from app.services.core.single_sign_on.sign_on import SingleSignOn
from app.services.core.tokens import TokenService
from app.services.core.users import UserService
from app.services.core.visits import Visit

SESSION = "unity_session"
PENDING = "unity_pending"  # a login between its two steps
SIGN_ON = "unity_sign_on"  # a login that is under way at a provider


def _audit(platform: Platform, session: ReadSession) -> AuditLog:
    return AuditLog(session, platform.clock, platform.audit_key)


def _user_reader(platform: PlatformDep, session: ReadSession) -> UserService:
    return UserService(session, platform.clock, _audit(platform, session))


def _users(platform: PlatformDep, session: WriteSession) -> UserService:
    return UserService(session, platform.clock, _audit(platform, session))


def _session_reader(platform: PlatformDep, session: ReadSession) -> SessionService:
    audit, limits = _audit(platform, session), platform.settings.session
    return SessionService(session, platform.clock, audit, limits)


def _sessions(platform: PlatformDep, session: WriteSession) -> SessionService:
    audit, limits = _audit(platform, session), platform.settings.session
    return SessionService(session, platform.clock, audit, limits)


def _token_reader(platform: PlatformDep, session: ReadSession) -> TokenService:
    pepper = platform.vault.subkey(TOKEN_PEPPER_INFO)
    return TokenService(session, platform.clock, _audit(platform, session), pepper)


def _tokens(platform: PlatformDep, session: WriteSession) -> TokenService:
    pepper = platform.vault.subkey(TOKEN_PEPPER_INFO)
    return TokenService(session, platform.clock, _audit(platform, session), pepper)


def _audit_entries(session: ReadSession) -> AuditEntries:
    return AuditEntries(session)


def _keys(platform: PlatformDep) -> Keys:
    settings = platform.settings
    return Keys(platform.database, platform.clock, platform.vault, settings.session, settings.login)


def _doorkeeper(platform: PlatformDep) -> Doorkeeper:
    return Doorkeeper(_keys(platform), platform.identity)


def _second_steps(platform: PlatformDep) -> SecondSteps:
    return SecondSteps(_keys(platform), platform.identity)


def _own_second_factor(platform: PlatformDep) -> OwnSecondFactor:
    return OwnSecondFactor(_keys(platform))


def _single_sign_on(platform: PlatformDep) -> SingleSignOn:
    return SingleSignOn(
        _keys(platform), platform.identity, platform.providers, platform.provider_directory
    )


def _provider_reader(platform: PlatformDep, session: ReadSession) -> ProviderService:
    return ProviderService(session, platform.clock, platform.vault, _audit(platform, session))


def _providers(platform: PlatformDep, session: WriteSession) -> ProviderService:
    return ProviderService(session, platform.clock, platform.vault, _audit(platform, session))


def _link_reader(platform: PlatformDep, session: ReadSession) -> LinkService:
    return LinkService(session, _audit(platform, session))


def _links(platform: PlatformDep, session: WriteSession) -> LinkService:
    return LinkService(session, _audit(platform, session))


UserReader = Annotated[UserService, Depends(_user_reader)]
Users = Annotated[UserService, Depends(_users)]
SessionReader = Annotated[SessionService, Depends(_session_reader)]
Sessions = Annotated[SessionService, Depends(_sessions)]
TokenReader = Annotated[TokenService, Depends(_token_reader)]
Tokens = Annotated[TokenService, Depends(_tokens)]
Entries = Annotated[AuditEntries, Depends(_audit_entries)]
Door = Annotated[Doorkeeper, Depends(_doorkeeper)]
Steps = Annotated[SecondSteps, Depends(_second_steps)]
OwnFactor = Annotated[OwnSecondFactor, Depends(_own_second_factor)]
SignOn = Annotated[SingleSignOn, Depends(_single_sign_on)]
ProviderReader = Annotated[ProviderService, Depends(_provider_reader)]
Providers = Annotated[ProviderService, Depends(_providers)]
LinkReader = Annotated[LinkService, Depends(_link_reader)]
Links = Annotated[LinkService, Depends(_links)]


def _old_cookie(request: Request, visit: CurrentVisit) -> str | None:
    return request.cookies.get(cookie_name(is_secure=visit.is_secure))


def _pending_cookie(request: Request, visit: CurrentVisit) -> str | None:
    return request.cookies.get(_name(PENDING, is_secure=visit.is_secure))


async def _pending_login(
    steps: Steps, token: Annotated[str | None, Depends(_pending_cookie)]
) -> NextStep | None:
    return await steps.waits_for(token)


def _flow_cookie(request: Request, visit: CurrentVisit) -> str | None:
    return request.cookies.get(_name(SIGN_ON, is_secure=visit.is_secure))


def _place(request: Request, platform: PlatformDep, visit: CurrentVisit) -> str:
    return place_of(request, platform, visit)


OldCookie = Annotated[str | None, Depends(_old_cookie)]
PendingCookie = Annotated[str | None, Depends(_pending_cookie)]
PendingLogin = Annotated[NextStep | None, Depends(_pending_login)]
FlowCookie = Annotated[str | None, Depends(_flow_cookie)]
Place = Annotated[str, Depends(_place)]  # Unity's own address, as this browser sees it


def _put(response: Response, name: str, value: str, *, is_secure: bool, seconds: float) -> None:
    """Hand a token to the browser, out of the reach of scripts."""
    response.set_cookie(
        _name(name, is_secure=is_secure),
        value,
        max_age=int(seconds),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def _take(response: Response, name: str, *, is_secure: bool) -> None:
    response.delete_cookie(
        _name(name, is_secure=is_secure),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def _name(name: str, *, is_secure: bool) -> str:
    """Browsers let nobody but this very host set a cookie with the prefix."""
    return f"__Host-{name}" if is_secure else name


def set_cookie(response: Response, opened: Opened, *, is_secure: bool, seconds: float) -> None:
    """Hand the session's token to the browser."""
    _put(response, SESSION, opened.token, is_secure=is_secure, seconds=seconds)


def clear_cookie(response: Response, *, is_secure: bool) -> None:
    """Take the cookie back."""
    _take(response, SESSION, is_secure=is_secure)


def set_flow_cookie(response: Response, departure: Departure, *, is_secure: bool) -> None:
    """Let the browser remember which login it began at a provider."""
    seconds = FLOW_LIFETIME.total_seconds()
    _put(response, SIGN_ON, departure.cookie, is_secure=is_secure, seconds=seconds)


def clear_flow_cookie(response: Response, *, is_secure: bool) -> None:
    """Each way back counts once."""
    _take(response, SIGN_ON, is_secure=is_secure)


def welcome_state(
    platform: Platform, welcome: Welcome, visit: Visit, response: Response
) -> SessionState:
    """Set the cookies of a login, whole or begun, and say who is in."""
    settings, opened, pending = platform.settings, welcome.opened, welcome.pending
    if pending is not None:
        seconds = PENDING_LIFETIME.total_seconds()
        _put(response, PENDING, pending.token, is_secure=visit.is_secure, seconds=seconds)
    if opened is None:
        return SessionState(
            user=None,
            permissions=[],
            csrf_token=None,
            is_secure=visit.is_secure,
            is_setup_needed=False,
            has_stepped_up=False,
            next_step=None if pending is None else pending.next_step,
            password_length=settings.login.password_length,
        )
    set_cookie(
        response, opened, is_secure=visit.is_secure, seconds=settings.session.absolute_seconds
    )
    _take(response, PENDING, is_secure=visit.is_secure)
    return SessionState(
        user=UserRead.model_validate(welcome.user),
        permissions=sorted(ROLES[Role(welcome.user.role)]),
        csrf_token=platform.identity.authenticator.csrf_token(opened.session_id),
        is_secure=visit.is_secure,
        is_setup_needed=False,
        has_stepped_up=True,
        next_step=None,
        password_length=settings.login.password_length,
    )


def place_of(request: Request, platform: Platform, visit: Visit) -> str:
    """Return the address of Unity as this browser sees it, without a slash at the end.

    A page's origin was compared with ours before, so that it can be believed.
    """
    public = platform.settings.server.public_url.rstrip("/")
    scheme = "https" if visit.is_secure else "http"
    host = request.headers.get("host", "localhost")
    origin = request.headers.get("origin", "") if visit.is_own_origin else ""
    if not origin.startswith(("http://", "https://")):
        parts = urlsplit(public)
        origin = f"{parts.scheme}://{parts.netloc}" if public else f"{scheme}://{host}"
    return origin + platform.settings.server.base_path
