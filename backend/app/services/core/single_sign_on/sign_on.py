"""The way over a provider: authorization code with PKCE (RFC 6749, RFC 7636), state and nonce.

Reads, asks the provider outside of any transaction, then writes in one.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from app.kernel.crypto import Vault
from app.kernel.database import Session
from app.kernel.errors import Conflict, Unauthenticated
from app.kernel.text import printable
from app.models.core.identity_provider import IdentityProvider
from app.models.core.session import Session as LoginSession
from app.models.core.user import User
from app.ports.identity_provider import (
    CodeExchange,
    ProviderGateway,
    ProviderMetadata,
    ProviderNotReached,
    ProviderTokens,
    ProviderTrouble,
)
from app.schemas.core.identity_provider import SignOnReturn
from app.services.core.entrance import Entrance, Keys, Way, Welcome
from app.services.core.identity import Identity as IdentityParts
from app.services.core.login_sessions import LoginSessions, Opened
from app.services.core.permissions import Actor
from app.services.core.single_sign_on.directory import ProviderDirectory
from app.services.core.single_sign_on.errors import (
    LOCAL_LOGIN,
    ProviderAnswerNotValid,
    ProviderUnreachable,
    SignOnExpired,
    SignOnRefused,
)
from app.services.core.single_sign_on.flow import (
    Departure,
    Flow,
    Purpose,
    new_flow,
    seal,
    unseal,
)
from app.services.core.single_sign_on.id_tokens import (
    Claims,
    Expected,
    Identity,
    KeyUnknown,
    TokenRefused,
    check,
    describe,
    verified_claims,
)
from app.services.core.single_sign_on.people import People
from app.services.core.single_sign_on.providers import ProviderService, secret_ref
from app.services.core.users import UserService
from app.services.core.visits import Visit

CALLBACK = "/login/callback"
_LOGGED_IN_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes back from a provider."""

    actor: Actor
    visit: Visit
    old_cookie: str | None
    flow_cookie: str | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of it: a welcome for a login, a renewed session for a step-up."""

    purpose: Purpose
    welcome: Welcome | None = None
    opened: Opened | None = None


class SingleSignOn:
    """Sends people to providers and receives them back."""

    def __init__(
        self,
        keys: Keys,
        identity: IdentityParts,
        gateway: ProviderGateway,
        directory: ProviderDirectory,
    ) -> None:
        self._keys = keys
        self._limits = identity.limits
        self._gateway = gateway
        self._directory = directory

    async def depart(
        self, provider_id: uuid.UUID, purpose: Purpose, place: str, actor: Actor, visit: Visit
    ) -> Departure:
        """Return where the browser goes. `place` is the address of Unity as the browser sees it."""
        if purpose is Purpose.LOGIN:
            self._limits.begin_at(visit.address)
        elif actor.session_id is None:
            raise Conflict("Only a person in a browser can go to a provider.")
        provider = await self._provider(provider_id)
        with _told(provider):
            metadata = await self._directory.metadata(provider.issuer)
        flow = new_flow(
            provider.id, purpose, place + CALLBACK, self._keys.clock.now(), actor.session_id
        )
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": provider.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        if purpose is Purpose.STEP_UP:
            query |= {"prompt": "login", "max_age": "0"}
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        url = metadata.authorization_endpoint + joint + urlencode(query)
        return Departure(url, seal(flow, self._keys.vault))

    async def arrive(self, answer: SignOnReturn, arrival: Arrival) -> Arrived:
        """Judge what the browser brings back, and let the person in."""
        flow = self._flow(answer, arrival)
        provider = await self._provider(flow.provider_id)
        _check_answer(answer, provider)
        identity = await self._identify(provider, flow, answer.code.get_secret_value())
        match flow.purpose:
            case Purpose.LOGIN:
                welcome = await self._log_in(provider, identity, arrival)
                return Arrived(flow.purpose, welcome=welcome)
            case Purpose.LINK:
                await self._link(provider, identity, arrival.actor)
                return Arrived(flow.purpose)
            case Purpose.STEP_UP:
                opened = await self._step_up(identity, arrival.actor)
                return Arrived(flow.purpose, opened=opened)

    async def provider(self, provider_id: uuid.UUID) -> IdentityProvider:
        """Return a provider, on or off."""
        async with self._keys.database.snapshot() as session:
            return await self._service(session).get(provider_id)

    async def log_out_address(self, actor: Actor, place: str) -> str | None:
        """Return where the provider ends its own session too, when it offers that."""
        async with self._keys.database.snapshot() as session:
            row = await session.get(LoginSession, actor.session_id) if actor.session_id else None
            provider = None
            if row is not None and row.provider_id is not None:
                provider = await session.get(IdentityProvider, row.provider_id)
        if provider is None:
            return None
        try:
            metadata = await self._directory.metadata(provider.issuer)
        except ProviderTrouble:
            return None  # who logs out is logged out here, whatever the provider does
        if metadata.end_session_endpoint is None:
            return None
        back = {"client_id": provider.client_id, "post_logout_redirect_uri": place + "/login"}
        joint = "&" if "?" in metadata.end_session_endpoint else "?"
        return metadata.end_session_endpoint + joint + urlencode(back)

    def _flow(self, answer: SignOnReturn, arrival: Arrival) -> Flow:
        flow = unseal(arrival.flow_cookie, self._keys.vault, self._keys.clock.now())
        is_same = flow is not None and (
            flow.purpose is Purpose.LOGIN or flow.session_id == arrival.actor.session_id
        )
        if flow is None or not is_same or not flow.is_state(answer.state):
            raise SignOnExpired(
                "This browser began no such login, or more than ten minutes ago.",
                fix=f"Begin again on the login page. {LOCAL_LOGIN}",
            )
        return flow

    async def _provider(self, provider_id: uuid.UUID) -> IdentityProvider:
        async with self._keys.database.snapshot() as session:
            return await self._service(session).enabled(provider_id)

    def _service(self, session: Session) -> ProviderService:
        audit = self._keys.audit(session)
        return ProviderService(session, self._keys.clock, self._keys.vault, audit)

    async def _identify(self, provider: IdentityProvider, flow: Flow, code: str) -> Identity:
        expected = Expected(
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=flow.nonce,
            now=self._keys.clock.now(),
            logged_in_within=_LOGGED_IN_WITHIN if flow.purpose is Purpose.STEP_UP else None,
        )
        with _told(provider):
            metadata = await self._directory.metadata(provider.issuer)
            tokens = await self._gateway.exchange(
                CodeExchange(
                    url=metadata.token_endpoint,
                    client_id=provider.client_id,
                    client_secret=client_secret(provider, self._keys.vault),
                    code=code,
                    verifier=flow.verifier,
                    redirect_uri=flow.redirect_uri,
                    in_header=metadata.takes_basic,
                )
            )
            claims = await self._verified(metadata, tokens.id_token)
            subject = check(claims, expected)
            claims = await self._with_user_info(provider, metadata, tokens, claims)
        return describe(provider.issuer, subject, claims, provider.groups_claim)

    async def _verified(self, metadata: ProviderMetadata, token: str) -> Claims:
        now = self._keys.clock.now()
        try:
            return verified_claims(token, await self._directory.keys(metadata.jwks_uri), now)
        except KeyUnknown:
            keys = await self._directory.keys(metadata.jwks_uri, are_stale=True)
            return verified_claims(token, keys, now)

    async def _with_user_info(
        self,
        provider: IdentityProvider,
        metadata: ProviderMetadata,
        tokens: ProviderTokens,
        claims: Claims,
    ) -> Claims:
        """Ask for what the token leaves out: many providers name groups and people only there."""
        is_whole = provider.groups_claim in claims and "preferred_username" in claims
        if is_whole or metadata.userinfo_endpoint is None:
            return claims
        text = await self._gateway.user_info(metadata.userinfo_endpoint, tokens.access_token)
        try:
            more = json.loads(text)
        except (ValueError, RecursionError):
            more = None
        # A user-info answer that is signed or of another person is left aside (Core, 5.3.2).
        if not isinstance(more, dict) or more.get("sub") != claims.get("sub"):
            return claims
        return {**more, **claims}

    async def _log_in(
        self, provider: IdentityProvider, identity: Identity, arrival: Arrival
    ) -> Welcome:
        way = Way(
            provider.title,
            has_second_factor=provider.checks_second_factor,
            provider_id=provider.id,
        )
        async with self._keys.database.transaction() as session:
            user = await self._people(session).enter(provider, identity)
            entrance = Entrance(session, self._keys)
            welcome = await entrance.receive(user, arrival.visit, way, old=arrival.old_cookie)
        self._limits.succeed_at(arrival.visit.address)
        return welcome

    async def _link(self, provider: IdentityProvider, identity: Identity, actor: Actor) -> None:
        async with self._keys.database.transaction() as session:
            user = await self._user(session, actor)
            await self._people(session).link(actor, user, provider, identity)

    async def _step_up(self, identity: Identity, actor: Actor) -> Opened:
        async with self._keys.database.transaction() as session:
            user = await self._user(session, actor)
            link = await self._people(session).find(identity)
            if link is None or link.user_id != user.id:
                raise SignOnRefused(
                    f"{identity.label} is not linked to your account.",
                    fix="Take the account at the provider that is linked to yours.",
                )
            rows = LoginSessions(session)
            opened = None
            if actor.session_id is not None:
                opened = await rows.rotate(actor.session_id, self._keys.clock.now())
            if opened is None:
                raise Unauthenticated("The session has ended meanwhile.", fix="Log in again.")
            await self._keys.audit(session).record(
                actor,
                "session.stepped_up",
                kind="user",
                object_id=user.id,
                name=user.name,
                details={"by": identity.issuer},
            )
        return opened

    async def _user(self, session: Session, actor: Actor) -> User:
        if actor.user_id is None:
            raise Unauthenticated("Nobody is logged in.", fix="Log in again.")
        audit = self._keys.audit(session)
        return await UserService(session, self._keys.clock, audit).get(actor.user_id)

    def _people(self, session: Session) -> People:
        return People(session, self._keys.clock, self._keys.audit(session))


def client_secret(provider: IdentityProvider, vault: Vault) -> str | None:
    """Return the secret for one use."""
    if provider.client_secret is None:
        return None
    return vault.open(provider.client_secret, secret_ref(provider), "log in at a provider")


def _check_answer(answer: SignOnReturn, provider: IdentityProvider) -> None:
    if answer.iss and answer.iss != provider.issuer:
        raise ProviderAnswerNotValid(
            f"The answer comes from another provider than {provider.title}.",
            fix=f"Begin again. {LOCAL_LOGIN}",
        )
    if answer.error == "access_denied":
        raise SignOnRefused(
            f"{provider.title} did not let you in, or you cancelled there.", fix=LOCAL_LOGIN
        )
    if answer.error or not answer.code.get_secret_value():
        why = printable(answer.error_description or answer.error or "no code")[:200]
        raise ProviderAnswerNotValid(
            f"{provider.title} answered: {why}.", fix=f"Try again, or ask an admin. {LOCAL_LOGIN}"
        )


@contextmanager
def _told(provider: IdentityProvider) -> Iterator[None]:
    """Turn what went wrong at the provider into words for the login page."""
    try:
        yield
    except ProviderNotReached as error:
        raise ProviderUnreachable(
            f"{provider.title}: {error.detail}", fix=f"Try again later. {LOCAL_LOGIN}"
        ) from error
    except (ProviderTrouble, TokenRefused) as error:
        raise ProviderAnswerNotValid(
            f"{provider.title}: {error.detail}",
            fix=f"An admin can test the provider under Users. {LOCAL_LOGIN}",
        ) from error
