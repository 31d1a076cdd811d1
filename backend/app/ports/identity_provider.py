"""What we ask of somebody else's login server (OpenID Connect)."""

from dataclasses import dataclass, field
from typing import Protocol


class ProviderTrouble(Exception):
    """The provider did not do what was asked. The text is for people and holds no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ProviderNotReached(ProviderTrouble):
    """No answer: refused, timed out, no such name, or an address that Unity never speaks to."""


class ProviderNotUnderstood(ProviderTrouble):
    """An answer that is no OpenID Connect, or too long."""


class ProviderRefused(ProviderTrouble):
    """The provider answered with an error, whose code is one of RFC 6749 where it has one."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    takes_basic: bool = True  # the client's secret in a header; else in the body
    signs_with: tuple[str, ...] = ("RS256",)


@dataclass(frozen=True, slots=True)
class CodeExchange:
    """A code of a login, to be exchanged for tokens."""

    url: str
    client_id: str
    client_secret: str | None = field(repr=False)
    code: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    in_header: bool = True


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What came of the exchange."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class ProviderGateway(Protocol):
    """Speaks to providers: follows no redirect, reads nothing long, never waits for ever."""

    async def metadata(self, issuer: str) -> ProviderMetadata:
        """Return what the issuer says of itself, or raise `ProviderTrouble`."""
        ...

    async def keys(self, url: str) -> str:
        """Return the key set as JSON text, or raise `ProviderTrouble`."""
        ...

    async def exchange(self, wish: CodeExchange) -> ProviderTokens:
        """Return the tokens of a code, or raise `ProviderTrouble`."""
        ...

    async def user_info(self, url: str, access_token: str) -> str:
        """Return the claims of the user-info endpoint as JSON text, or raise `ProviderTrouble`."""
        ...
