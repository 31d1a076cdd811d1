"""Tries a provider as an admin entered it, step by step, without logging anybody in."""

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.models.core.identity_provider import IdentityProvider
from app.ports.identity_provider import (
    CodeExchange,
    ProviderGateway,
    ProviderMetadata,
    ProviderRefused,
    ProviderTrouble,
)
from app.schemas.core.identity_provider import ProviderCheck, ProviderTest
from app.services.core.single_sign_on.directory import ProviderDirectory
from app.services.core.single_sign_on.id_tokens import ALGORITHMS, has_ended
from app.services.core.single_sign_on.sign_on import CALLBACK, client_secret

_WRONG_CLIENT = {"invalid_client", "unauthorized_client"}


class ProviderTrial:
    """One trial."""

    def __init__(
        self, gateway: ProviderGateway, directory: ProviderDirectory, vault: Vault, clock: Clock
    ) -> None:
        self._clock = clock
        self._gateway = gateway
        self._directory = directory
        self._vault = vault

    async def run(self, provider: IdentityProvider, place: str) -> ProviderTest:
        """Ask who it is, for its keys, and whether it knows us. Later steps need the first."""
        self._directory.forget(provider.issuer)
        checks: list[ProviderCheck] = []
        try:
            metadata = await self._directory.metadata(provider.issuer)
        except ProviderTrouble as error:
            checks.append(_check("The provider answers", error.detail, is_fine=False))
        else:
            checks.append(_check("The provider answers", f"It is {metadata.issuer}."))
            checks.append(_signature(metadata))
            checks.append(await self._keys(metadata))
            checks.append(await self._client(provider, metadata, place))
        return ProviderTest(is_fine=all(one.is_fine for one in checks), checks=checks)

    async def _keys(self, metadata: ProviderMetadata) -> ProviderCheck:
        what = "Its keys can be read"
        try:
            keys = await self._directory.keys(metadata.jwks_uri)
        except ProviderTrouble as error:
            return _check(what, error.detail, is_fine=False)
        usable = [key for key in keys.keys if not has_ended(key, self._clock.now())]
        if keys.keys and not usable:
            return _check(what, "All its keys have ended; it has to make new ones.", is_fine=False)
        return _check(what, f"{len(usable)} keys." if len(usable) != 1 else "One key.")

    async def _client(
        self, provider: IdentityProvider, metadata: ProviderMetadata, place: str
    ) -> ProviderCheck:
        """Offer a code that nobody issued: a provider that knows us minds the code, not us."""
        what = "It knows this client"
        wish = CodeExchange(
            url=metadata.token_endpoint,
            client_id=provider.client_id,
            client_secret=client_secret(provider, self._vault),
            code="unity-tests-the-client",
            verifier="unity-tests-the-client-and-expects-to-be-refused",
            redirect_uri=place + CALLBACK,
            in_header=metadata.takes_basic,
        )
        try:
            await self._gateway.exchange(wish)
        except ProviderRefused as error:
            if error.code in _WRONG_CLIENT:
                return _check(what, "The client id or its secret is wrong.", is_fine=False)
            return _check(what, "It accepts the client id and its secret.")
        except ProviderTrouble as error:
            return _check(what, error.detail, is_fine=False)
        return _check(what, "It accepts the client id and its secret.")


def _signature(metadata: ProviderMetadata) -> ProviderCheck:
    usable = [name for name in metadata.signs_with if name in ALGORITHMS]
    detail = ", ".join(usable) if usable else "None of its signatures is one that Unity accepts."
    return _check("Its signatures are accepted", detail, is_fine=bool(usable))


def _check(what: str, detail: str, *, is_fine: bool = True) -> ProviderCheck:
    return ProviderCheck(what=what, is_fine=is_fine, detail=detail)
