"""Messages over HTTP."""

import asyncio
from urllib.parse import urlsplit

import httpx2

from app.kernel.addresses import is_refused
from app.kernel.database import in_transaction
from app.kernel.text import printable
from app.ports.webhook import AddressRefused, DeliveryFailed, WebRequest

_SECONDS = 10.0
_TRY_AGAIN = frozenset({408, 425, 429})
_CLIENT_ERRORS = range(400, 500)
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)


class HttpSender:
    """Implements `WebhookSender`.

    Private addresses are allowed, for an administrator of a home network means them. Link-local
    ones are not: behind them sit the metadata services of clouds. The address that was checked is
    the one that is spoken to, so that a name cannot change its mind in between.
    """

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    async def send(self, request: WebRequest) -> int:
        if in_transaction():
            raise RuntimeError("A message was about to be sent inside a database transaction.")
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AddressRefused("The address does not start with http:// or https://.")
        try:
            async with asyncio.timeout(self._seconds):
                address = await _resolve(parts.hostname, parts.port or 443)
                status = await self._deliver(request, parts.hostname, address)
        except TimeoutError:
            raise DeliveryFailed(
                f"{printable(parts.hostname)} did not answer within {self._seconds:g} s."
            ) from None
        _judge(status, parts.hostname)
        return status

    async def _deliver(self, request: WebRequest, host: str, address: str) -> int:
        url = httpx2.URL(request.url)
        headers = {"Host": url.netloc.decode("ascii"), **request.headers}
        # trust_env is off: a proxy of the environment would resolve the name anew.
        async with httpx2.AsyncClient(
            timeout=self._seconds, follow_redirects=False, trust_env=False
        ) as client:
            try:
                # Streamed, so that nobody can make us read an endless answer.
                async with client.stream(
                    request.method,
                    url.copy_with(host=address),
                    content=request.body,
                    headers=headers,
                    extensions={"sni_hostname": host},
                ) as answer:
                    return answer.status_code
            except httpx2.TimeoutException as error:
                raise TimeoutError from error
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise DeliveryFailed(
                    f"{printable(host)} could not be reached: {_why(error)}."
                ) from None


def _why(error: Exception) -> str:
    return printable(str(error)).rstrip(".")[:200] or type(error).__name__


def _judge(status: int, host: str) -> None:
    if status in _SUCCESS:
        return
    if status in _REDIRECTS:
        raise DeliveryFailed(
            f"{printable(host)} answered with a redirect ({status}), which is not followed:"
            " enter the final address.",
            is_final=True,
        )
    is_final = status in _CLIENT_ERRORS and status not in _TRY_AGAIN
    raise DeliveryFailed(f"{printable(host)} answered with status {status}.", is_final=is_final)


async def _resolve(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed(f"{printable(host)} has no address.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if is_refused(address):
            raise AddressRefused(
                f"{printable(host)} is {address}, a link-local or metadata address."
            )
    return addresses[0]
