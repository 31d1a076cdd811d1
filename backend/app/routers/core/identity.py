"""Builds the services of identity for the endpoints of this room."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentVisit, cookie_name
from app.services.core.audit import AuditLog
from app.services.core.audit_entries import AuditEntries
from app.services.core.authentication import TOKEN_PEPPER_INFO
from app.services.core.doorkeeper import Doorkeeper, Keys
from app.services.core.login_sessions import Opened
from app.services.core.platform import Platform
from app.services.core.sessions import SessionService
from app.services.core.tokens import TokenService
from app.services.core.users import UserService


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


def _doorkeeper(platform: PlatformDep) -> Doorkeeper:
    keys = Keys(platform.database, platform.clock, platform.audit_key, platform.settings.session)
    return Doorkeeper(keys, platform.identity)


UserReader = Annotated[UserService, Depends(_user_reader)]
Users = Annotated[UserService, Depends(_users)]
SessionReader = Annotated[SessionService, Depends(_session_reader)]
Sessions = Annotated[SessionService, Depends(_sessions)]
TokenReader = Annotated[TokenService, Depends(_token_reader)]
Tokens = Annotated[TokenService, Depends(_tokens)]
Entries = Annotated[AuditEntries, Depends(_audit_entries)]
Door = Annotated[Doorkeeper, Depends(_doorkeeper)]


def _old_cookie(request: Request, visit: CurrentVisit) -> str | None:
    return request.cookies.get(cookie_name(is_secure=visit.is_secure))


OldCookie = Annotated[str | None, Depends(_old_cookie)]


def set_cookie(response: Response, opened: Opened, *, is_secure: bool, seconds: float) -> None:
    """Hand the session's token to the browser, out of the reach of scripts."""
    response.set_cookie(
        cookie_name(is_secure=is_secure),
        opened.token,
        max_age=int(seconds),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, *, is_secure: bool) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(is_secure=is_secure),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
