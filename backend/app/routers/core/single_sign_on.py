"""Single sign-on: the way over a provider, the own links, and the providers themselves."""

import uuid

from fastapi import APIRouter, Response, status

from app.routers.core.identity import (
    FlowCookie,
    LinkReader,
    Links,
    OldCookie,
    Place,
    ProviderReader,
    Providers,
    SignOn,
    clear_flow_cookie,
    set_cookie,
    set_flow_cookie,
    welcome_state,
)
from app.routers.dependencies import PlatformDep
from app.routers.guards import CurrentActor, CurrentCaller, CurrentVisit, public, requires
from app.routers.problems import documented
from app.schemas.core.identity_provider import (
    IdentityProviderRead,
    IdentityProviderWrite,
    LinkRead,
    ProviderTest,
    SignOnDeparture,
    SignOnDone,
    SignOnOffer,
    SignOnReturn,
    SignOnStart,
)
from app.services.core.permissions import P
from app.services.core.single_sign_on.flow import Purpose
from app.services.core.single_sign_on.sign_on import Arrival
from app.services.core.single_sign_on.trial import ProviderTrial

router = APIRouter(tags=["single sign-on"])


@router.get("/api/auth/providers", dependencies=[public], summary="How one may log in")
async def list_sign_on_offers(providers: ProviderReader) -> list[SignOnOffer]:
    """List the providers that the login page offers beside name and password."""
    return await providers.offers()


@router.post(
    "/api/auth/sign-on",
    dependencies=[public],
    summary="Go to a provider to log in",
    responses=documented(403, 404, 409, 422, 429, 502, 503),
)
async def begin_sign_on(
    wish: SignOnStart,
    platform: PlatformDep,
    sign_on: SignOn,
    place: Place,
    visit: CurrentVisit,
    response: Response,
) -> SignOnDeparture:
    """Return the provider's page to go to. It sends the browser back to `/login/callback`."""
    actor = platform.identity.authenticator.nobody(visit).actor
    departure = await sign_on.depart(wish.provider_id, Purpose.LOGIN, place, actor, visit)
    set_flow_cookie(response, departure, is_secure=visit.is_secure)
    return SignOnDeparture(url=departure.url)


@router.post(
    "/api/auth/sign-on/step-up",
    dependencies=[requires(P.SELF)],
    summary="Go to a provider instead of repeating the password",
    responses=documented(401, 403, 404, 409, 422, 502, 503),
)
async def begin_sign_on_step_up(
    wish: SignOnStart,
    actor: CurrentActor,
    sign_on: SignOn,
    place: Place,
    visit: CurrentVisit,
    response: Response,
) -> SignOnDeparture:
    """Return the provider's page, which asks who you are anew."""
    departure = await sign_on.depart(wish.provider_id, Purpose.STEP_UP, place, actor, visit)
    set_flow_cookie(response, departure, is_secure=visit.is_secure)
    return SignOnDeparture(url=departure.url)


@router.post(
    "/api/auth/sign-on/finish",
    dependencies=[public],
    summary="Come back from a provider",
    responses=documented(401, 403, 404, 409, 422, 502, 503),
)
async def finish_sign_on(
    answer: SignOnReturn,
    caller: CurrentCaller,
    platform: PlatformDep,
    sign_on: SignOn,
    flow: FlowCookie,
    old: OldCookie,
    response: Response,
) -> SignOnDone:
    """Judge what the provider put into the address, and let the person in, link or step up.

    Only the browser that began it can finish it, once and within ten minutes.
    """
    visit = caller.visit
    clear_flow_cookie(response, is_secure=visit.is_secure)
    arrived = await sign_on.arrive(answer, Arrival(caller.actor, visit, old, flow))
    if arrived.opened is not None:
        seconds = platform.settings.session.absolute_seconds
        set_cookie(response, arrived.opened, is_secure=visit.is_secure, seconds=seconds)
    session = None
    if arrived.welcome is not None:
        session = welcome_state(platform, arrived.welcome, visit, response)
    return SignOnDone(purpose=arrived.purpose.value, session=session)


@router.get(
    "/api/auth/links",
    dependencies=[requires(P.SELF)],
    summary="List the own links",
    responses=documented(401, 403),
)
async def list_links(actor: CurrentActor, links: LinkReader) -> list[LinkRead]:
    """List the accounts at providers that open the own account."""
    return await links.list(actor)


@router.post(
    "/api/auth/links",
    dependencies=[requires(P.SELF, step_up=True)],
    summary="Go to a provider to link the own account",
    responses=documented(401, 403, 404, 409, 422, 502, 503),
)
async def begin_link(
    wish: SignOnStart,
    actor: CurrentActor,
    sign_on: SignOn,
    place: Place,
    visit: CurrentVisit,
    response: Response,
) -> SignOnDeparture:
    """Return the provider's page; who logs in there is linked to the own account."""
    departure = await sign_on.depart(wish.provider_id, Purpose.LINK, place, actor, visit)
    set_flow_cookie(response, departure, is_secure=visit.is_secure)
    return SignOnDeparture(url=departure.url)


@router.delete(
    "/api/auth/links/{link_id}",
    dependencies=[requires(P.SELF, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Remove an own link",
    responses=documented(401, 403, 404, 409, 422),
)
async def remove_link(link_id: uuid.UUID, actor: CurrentActor, links: Links) -> None:
    """Take a link away; the last one stays while there is no password."""
    await links.remove(actor, link_id)


@router.get(
    "/api/identity-providers",
    dependencies=[requires(P.USERS_MANAGE)],
    summary="List identity providers",
    responses=documented(401, 403),
)
async def list_identity_providers(providers: ProviderReader) -> list[IdentityProviderRead]:
    """List the servers by which people may log in."""
    return await providers.list()


@router.post(
    "/api/identity-providers",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    summary="Add an identity provider",
    responses=documented(401, 403, 409, 422),
)
async def create_identity_provider(
    wish: IdentityProviderWrite, actor: CurrentActor, providers: Providers
) -> IdentityProviderRead:
    """Enter a provider. Nothing is asked of it yet; test it next."""
    return await providers.shown(await providers.create(actor, wish))


@router.get(
    "/api/identity-providers/{provider_id}",
    dependencies=[requires(P.USERS_MANAGE)],
    summary="Show an identity provider",
    responses=documented(401, 403, 404, 422),
)
async def get_identity_provider(
    provider_id: uuid.UUID, providers: ProviderReader
) -> IdentityProviderRead:
    """Show one; its secret is never shown."""
    return await providers.shown(await providers.get(provider_id))


@router.put(
    "/api/identity-providers/{provider_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    summary="Change an identity provider",
    responses=documented(401, 403, 404, 409, 422),
)
async def update_identity_provider(
    provider_id: uuid.UUID, wish: IdentityProviderWrite, actor: CurrentActor, providers: Providers
) -> IdentityProviderRead:
    """Replace all but a secret that is left out. With another issuer the old secret is dropped."""
    return await providers.shown(await providers.update(actor, provider_id, wish))


@router.delete(
    "/api/identity-providers/{provider_id}",
    dependencies=[requires(P.USERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an identity provider",
    responses=documented(401, 403, 404, 422),
)
async def delete_identity_provider(
    provider_id: uuid.UUID, actor: CurrentActor, providers: Providers
) -> None:
    """Delete it with its links; accounts stay, and those without a password cannot log in."""
    await providers.delete(actor, provider_id)


@router.post(
    "/api/identity-providers/{provider_id}/test",
    dependencies=[requires(P.USERS_MANAGE)],
    summary="Test an identity provider",
    responses=documented(401, 403, 404, 422),
)
async def test_identity_provider(
    provider_id: uuid.UUID, sign_on: SignOn, platform: PlatformDep, place: Place
) -> ProviderTest:
    """Ask it who it is, for its keys, and whether it knows this client. Nobody is logged in."""
    provider = await sign_on.provider(provider_id)
    trial = ProviderTrial(
        platform.providers, platform.provider_directory, platform.vault, platform.clock
    )
    return await trial.run(provider, place)
