"""A login server on the loopback: Authlib's authorization server with OpenID Connect, over HTTP.

It logs in whoever `person` is without asking, so that a test needs no page of it. Its keys are real
and can be changed while it runs; `claims` overwrites what its tokens say, to make them wrong.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx2
import pytest
from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.grants.util import generate_id_token
from joserfc.jwk import ECKey, KeyParameters, RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "unity"
CLIENT_SECRET = "a secret & a half/of the:client"
Key = RSAKey | ECKey


@dataclass
class Person:
    """Whoever sits in front of the provider's page."""

    sub: str = "alice-at-the-provider"
    claims: dict[str, object] = field(default_factory=lambda: {"preferred_username": "alice"})

    def get_user_id(self) -> str:
        return self.sub


class _Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """Unity, as the provider knows it."""

    def __init__(self, redirect_uris: list[str]) -> None:
        self.redirect_uris = redirect_uris

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint != "token" or method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib has no types
    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    person: Person
    auth_time: int

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time


@dataclass
class _Token:
    person: Person
    scope: str

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


def new_key(kid: str, kind: str = "RS256", ends: int | None = None) -> Key:
    """Make a signing key, which may say when it ends."""
    parameters: KeyParameters = {"kid": kid, "use": "sig", "alg": kind}
    if ends is not None:
        parameters |= {"exp": ends}  # type: ignore[misc]  # the types know only the RFC 7517 names
    if kind == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(2048, parameters)


@dataclass
class Provider:
    """The running server, and what it does next."""

    issuer: str = ""
    redirect_uris: list[str] = field(default_factory=lambda: ["http://unity.test/login/callback"])
    person: Person = field(default_factory=Person)
    key: Key = field(default_factory=lambda: new_key("first"))
    published: list[Key] | None = None  # other keys than the one that signs
    claims: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)
    user_info: dict[str, object] | None = None
    refuses: bool = False
    stale_login_seconds: int = 0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict)
    tokens: dict[str, _Token] = field(default_factory=dict)
    stop: Callable[[], None] = lambda: None  # ends the server while a test goes on

    @property
    def algorithm(self) -> str:
        return str(self.key.get("alg"))

    def go_to(self, url: str) -> dict[str, str]:
        """Open its page as a browser would; return what it put into the address of the way back."""
        answer = httpx2.get(url, follow_redirects=False, trust_env=False)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" in self.redirect_uris
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    def describe(self) -> Mapping[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            **self.metadata,
        }


def _application(provider: Provider) -> flask.Flask:
    app = flask.Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=lambda name: _Client(provider.redirect_uris) if name == CLIENT_ID else None,
        save_token=lambda token, request: provider.tokens.__setitem__(
            token["access_token"], _Token(request.user, token["scope"])
        ),
    )
    server.register_grant(
        _grant(provider), [CodeChallenge(required=True), _openid(provider)(require_nonce=True)]
    )
    protect = ResourceProtector()

    class Validator(BearerTokenValidator):  # type: ignore[misc]  # Authlib has no types
        def authenticate_token(self, token_string: str) -> _Token | None:
            return provider.tokens.get(token_string)

    protect.register_token_validator(Validator())

    @app.before_request
    def note() -> None:
        provider.asked.append(flask.request.path)

    @app.get("/.well-known/openid-configuration")
    def configuration() -> flask.Response:
        return flask.jsonify(provider.describe())

    @app.get("/keys")
    def keys() -> flask.Response:
        shown = provider.published if provider.published is not None else [provider.key]
        return flask.jsonify({"keys": [key.as_dict(private=False) for key in shown]})

    @app.get("/authorize")
    def authorize() -> Any:
        person = None if provider.refuses else provider.person
        grant = server.get_consent_grant(end_user=provider.person)
        return server.create_authorization_response(grant_user=person, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def user_info() -> flask.Response:
        with protect.acquire("openid") as held:
            claims = held.person.claims if provider.user_info is None else provider.user_info
            return flask.jsonify({"sub": held.person.sub, **claims})

    return app


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            provider.codes[code] = _Code(
                code,
                request.payload.redirect_uri,
                request.payload.scope,
                data.get("nonce", ""),
                data.get("code_challenge", ""),
                data.get("code_challenge_method", ""),
                request.user,
                int(time.time()) - provider.stale_login_seconds,
            )

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            del client
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: _Code) -> Person:
            return authorization_code.person

    return Grant


def _openid(provider: Provider) -> type[OpenIDCode]:
    class Openid(OpenIDCode):  # type: ignore[misc]  # Authlib has no types
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            del request
            return any(code.nonce == nonce for code in provider.codes.values())

        def encode_id_token(self, token: Any, request: Any) -> str:
            code = request.authorization_code
            said = {"sub": code.person.sub, **code.person.claims, **provider.claims}
            text: str = generate_id_token(
                token,
                {name: value for name, value in said.items() if value is not None},
                provider.key,
                provider.issuer,
                CLIENT_ID,
                alg=provider.algorithm,
                nonce=code.nonce,
                auth_time=code.auth_time,
                kid=provider.key.kid,
            )
            return text

    return Openid


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Start a provider in a thread, and stop it at the end."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, _application(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    provider.stop = stop
    try:
        yield provider
    finally:
        if thread.is_alive():
            stop()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Return a running login server that knows Unity."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the loopback has no TLS
    with running_provider() as running:
        yield running
