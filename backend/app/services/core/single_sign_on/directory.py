"""What providers say of themselves, remembered for a while: one of these a process."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.kernel.clock import Clock
from app.ports.identity_provider import ProviderGateway, ProviderMetadata, ProviderNotUnderstood

_REMEMBERED = timedelta(hours=1)
# An unknown key makes the set be asked again, but a stream of forged tokens makes no stream of
# questions.
_ASKED_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Keys:
    set: KeySet
    at: datetime


@dataclass(frozen=True, slots=True)
class _Metadata:
    value: ProviderMetadata
    at: datetime


class ProviderDirectory:
    """Asks the gateway, and remembers."""

    def __init__(self, gateway: ProviderGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._metadata: dict[str, _Metadata] = {}
        self._keys: dict[str, _Keys] = {}

    async def metadata(self, issuer: str) -> ProviderMetadata:
        """Return what the issuer says of itself, or raise `ProviderTrouble`."""
        now, known = self._clock.now(), self._metadata.get(issuer)
        if known is not None and now - known.at < _REMEMBERED:
            return known.value
        found = await self._gateway.metadata(issuer)
        self._metadata[issuer] = _Metadata(found, now)
        return found

    async def keys(self, url: str, *, are_stale: bool = False) -> KeySet:
        """Return the keys; `are_stale` asks again when that was not done just now."""
        now, known = self._clock.now(), self._keys.get(url)
        limit = _ASKED_AGAIN if are_stale else _REMEMBERED
        if known is not None and now - known.at < limit:
            return known.set
        found = _read(await self._gateway.keys(url))
        self._keys[url] = _Keys(found, now)
        return found

    def forget(self, issuer: str) -> None:
        """Ask anew next time: the provider was edited, or is tested."""
        known = self._metadata.pop(issuer, None)
        if known is not None:
            self._keys.pop(known.value.jwks_uri, None)


def _read(text: str) -> KeySet:
    try:
        return KeySet.import_key_set(json.loads(text))
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProviderNotUnderstood("The provider's key set cannot be read.") from error
