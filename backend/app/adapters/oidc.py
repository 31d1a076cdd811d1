"""Login servers over HTTP (OpenID Connect Core and Discovery 1.0)."""

import asyncio
import base64
import json
from collections.abc import Mapping
from urllib.parse import SplitResult, quote

import httpx2

from app.kernel.addresses import is_public, is_refused, web_parts
from app.kernel.database import in_transaction
from app.kernel.errors import JsonValue
from app.kernel.text import headers_as_sent, printable
from app.ports.identity_provider import (
    CodeExchange,
    ProviderMetadata,
    ProviderNotReached,
    ProviderNotUnderstood,
    ProviderRefused,
    ProviderTokens,
)

_SECONDS = 10.0
_MOST_BYTES = 512 * 1024
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_WELL_KNOWN = "/.well-known/openid-configuration"
Object = Mapping[str, JsonValue]


class HttpProviderGateway:
    """Implements `ProviderGateway`.

    An admin enters the issuer, so private addresses are allowed; link-local and metadata ones are
    not, and plain HTTP only where it does not cross the internet. The address that was checked is
    the one that is spoken to.
    """

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    async def metadata(self, issuer: str) -> ProviderMetadata:
        found = _object(await self._ask("GET", issuer.rstrip("/") + _WELL_KNOWN), issuer)
        said = _text(found, "issuer")
        if said != issuer:
            raise ProviderNotUnderstood(
                f"The provider calls itself {printable(said)[:200]}, not {printable(issuer)}:"
                " enter the issuer exactly as it says it."
            )
        methods = found.get("token_endpoint_auth_methods_supported")
        signs = found.get("id_token_signing_alg_values_supported")
        return ProviderMetadata(
            issuer=said,
            authorization_endpoint=_link(found, "authorization_endpoint"),
            token_endpoint=_link(found, "token_endpoint"),
            jwks_uri=_link(found, "jwks_uri"),
            userinfo_endpoint=_optional_link(found, "userinfo_endpoint"),
            end_session_endpoint=_optional_link(found, "end_session_endpoint"),
            # Without a word the default is the header (Discovery 1.0, section 3).
            takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
            signs_with=tuple(one for one in signs if isinstance(one, str))
            if isinstance(signs, list)
            else ("RS256",),
        )

    async def keys(self, url: str) -> str:
        return await self._ask("GET", url)

    async def exchange(self, wish: CodeExchange) -> ProviderTokens:
        form = {
            "grant_type": "authorization_code",
            "code": wish.code,
            "redirect_uri": wish.redirect_uri,
            "code_verifier": wish.verifier,
        }
        headers = {}
        if wish.client_secret is not None and wish.in_header:
            headers["Authorization"] = _basic(wish.client_id, wish.client_secret)
        else:
            form["client_id"] = wish.client_id
            if wish.client_secret is not None:
                form["client_secret"] = wish.client_secret
        found = _object(await self._ask("POST", wish.url, headers=headers, form=form), wish.url)
        return ProviderTokens(_text(found, "id_token"), _text(found, "access_token"))

    async def user_info(self, url: str, access_token: str) -> str:
        return await self._ask("GET", url, headers={"Authorization": f"Bearer {access_token}"})

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> str:
        if in_transaction():
            raise RuntimeError("A provider was about to be asked inside a database transaction.")
        parts = _parts(url)
        host = parts.hostname or ""
        try:
            async with asyncio.timeout(self._seconds):
                address = await _resolve(host, parts)
                status, body = await self._send(method, url, address, headers or {}, form)
        except TimeoutError:
            raise ProviderNotReached(
                f"{printable(host)} did not answer within {self._seconds:g} s."
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            why = printable(str(error)).rstrip(".")[:200] or type(error).__name__
            raise ProviderNotReached(f"{printable(host)} could not be reached: {why}.") from None
        if status not in _SUCCESS:
            raise _refusal(host, status, body)
        return body

    async def _send(
        self,
        method: str,
        url: str,
        address: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> tuple[int, str]:
        target = httpx2.URL(url)
        try:
            carried = headers_as_sent(headers)
        except ValueError:
            raise ProviderNotUnderstood("The provider's token is none that HTTP carries.") from None
        sent = {**carried, b"Host": target.netloc, b"Accept": b"application/json"}
        # trust_env is off: a proxy of the environment would resolve the name anew.
        async with (
            httpx2.AsyncClient(
                timeout=self._seconds, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(
                method,
                target.copy_with(host=address),
                headers=sent,
                data=form,
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return answer.status_code, await _read(answer, target.host)


async def _read(answer: httpx2.Response, host: str) -> str:
    """Read no more than a provider has to say."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise ProviderNotUnderstood(
                f"{printable(host)} sent more than {_MOST_BYTES // 1024} KiB, which is too much."
            )
    return body.decode("utf-8", "replace")


def _parts(url: str) -> SplitResult:
    parts = web_parts(url)
    if parts is None:
        raise ProviderNotReached("The address of the provider does not start with https://.")
    return parts


async def _resolve(host: str, parts: SplitResult) -> str:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except (OSError, UnicodeError):
        raise ProviderNotReached(f"{printable(host)} has no address.") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if is_refused(address):
            raise ProviderNotReached(
                f"{printable(host)} is {address}, a link-local or metadata address."
            )
        if parts.scheme == "http" and is_public(address):
            raise ProviderNotReached(
                f"{printable(host)} is reached over the internet, where only https:// is safe."
            )
    return addresses[0]


def _refusal(host: str, status: int, body: str) -> ProviderRefused | ProviderNotUnderstood:
    if status in _REDIRECTS:
        return ProviderNotUnderstood(
            f"{printable(host)} answered with a redirect ({status}), which is not followed."
        )
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    code = found.get("error") if isinstance(found, dict) else None
    if not isinstance(code, str):
        return ProviderNotUnderstood(f"{printable(host)} answered with status {status}.")
    return ProviderRefused(f"{printable(host)} answered: {printable(code)[:80]}.", code[:80])


def _basic(name: str, secret: str) -> str:
    """Spell both as forms are spelt, then join them (RFC 6749, section 2.3.1)."""
    text = f"{quote(name, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(text.encode()).decode()


def _object(text: str, where: str) -> Object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderNotUnderstood(
            f"What lies at {printable(where)[:200]} is no OpenID Connect provider."
        )
    return found


def _text(found: Object, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderNotUnderstood(f"The provider's answer has no {name}.")
    return value


def _link(found: Object, name: str) -> str:
    value = _text(found, name)
    _parts(value)
    return value


def _optional_link(found: Object, name: str) -> str | None:
    return _link(found, name) if found.get(name) else None
