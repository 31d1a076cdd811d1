"""HTTP for plugins: one request to an address that was checked, and an answer of bounded size."""

import json
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pydantic import JsonValue

from unity_plugin.addresses import resolve
from unity_plugin.errors import LoginRefused, Misconfigured, NotReachable, Unsupported

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 8 * 1024 * 1024
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORISED, _FORBIDDEN, _FIRST_ERROR = 401, 403, 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `seconds` is the time to the whole body."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> JsonValue:
        """Return the body as JSON; `Unsupported` when it is none."""
        try:
            found: JsonValue = json.loads(self.body)
        except ValueError as error:
            raise Unsupported(
                f"{self.host} did not answer with JSON (status {self.status}).",
                fix="Check that the address is the one of the API.",
            ) from error
        return found

    @property
    def host(self) -> str:
        """Whom the answer is from."""
        return urlsplit(self.url).hostname or self.url

    def expect_success(self) -> "Answer":
        """Return the answer itself; raise for 401 and 403 `LoginRefused`, for errors the rest."""
        if self.status in (_UNAUTHORISED, _FORBIDDEN):
            raise LoginRefused(
                f"{self.host} refused the login (status {self.status}).",
                fix="Check the user name, password or token, and its rights.",
            )
        if self.status >= _FIRST_ERROR:
            raise Unsupported(f"{self.host} answered with status {self.status}.")
        return self


@dataclass(frozen=True, slots=True)
class Asking:
    """How one request is made."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)  # basic authentication
    verifies_tls: bool = True
    follows: bool = False
    seconds: float = 10.0
    most_bytes: int = MOST_BYTES


async def ask(url: str, asking: Asking) -> Answer:
    """Make the request and return the answer, whatever its status; or raise `NotReachable`."""
    for _ in range(_MOST_REDIRECTS + 1):
        answer = await _once(url, asking)
        target = answer.headers.get("location", "")
        if not (asking.follows and answer.status in _REDIRECTS and target):
            return answer
        url = urljoin(url, target)
    raise NotReachable(f"{answer.host} redirects in a circle.")


async def _once(url: str, asking: Asking) -> Answer:
    import httpx2  # noqa: PLC0415 - many plugins never speak HTTP, and it costs a tenth of a second

    host, port = _place(url)
    *others, last = await resolve(host, port)
    try:
        async with httpx2.AsyncClient(
            verify=tls_context(verifies=asking.verifies_tls),
            timeout=asking.seconds,
            trust_env=False,  # a proxy of the environment would resolve the name anew
            follow_redirects=False,
        ) as client:
            for address in others:
                with suppress(httpx2.ConnectError):
                    return await _at(client, url, address, asking)
            return await _at(client, url, last, asking)
    except httpx2.TimeoutException:
        raise NotReachable(
            f"{host}:{port} did not answer within {asking.seconds:g} s.",
            fix="Check that it runs, and that no firewall is between.",
        ) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _unreachable(f"{host}:{port}", str(error)) from None


async def _at(client: "httpx2.AsyncClient", url: str, address: str, asking: Asking) -> Answer:
    """Ask at one address; the name stands in the Host header and is what the certificate is for."""
    import httpx2  # noqa: PLC0415 - see above

    wanted = httpx2.URL(url)
    if asking.params:
        wanted = wanted.copy_merge_params(dict(asking.params))
    began = time.monotonic()
    async with client.stream(
        asking.method,
        wanted.copy_with(host=address.partition("%")[0]),
        headers={"Host": wanted.netloc.decode("ascii"), "User-Agent": "Unity", **asking.headers},
        content=asking.content,
        auth=asking.login,
        extensions={"sni_hostname": wanted.host},
    ) as answer:
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body.extend(piece)
            if len(body) > asking.most_bytes:
                raise Unsupported(
                    f"{wanted.host} answered with more than {asking.most_bytes} bytes."
                )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        took = time.monotonic() - began
        return Answer(str(wanted), answer.status_code, headers, bytes(body), took)


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Misconfigured("The address is no valid URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("The address does not begin with http:// or https://.")
    return parts.hostname, port


@lru_cache(maxsize=2)
def tls_context(*, verifies: bool) -> ssl.SSLContext:
    """Return how TLS is spoken: with the authorities of this machine, or without looking."""
    context = ssl.create_default_context()
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _unreachable(place: str, words: str) -> NotReachable:
    why = " ".join(words.split())[:200].rstrip(".") or "the connection broke"
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return NotReachable(
            f"The certificate of {place} is not trusted: {why}.",
            fix="Install its authority on this machine, or switch the check of certificates off.",
        )
    return NotReachable(
        f"{place} could not be reached: {why}.",
        fix="Check the address and port, and that it runs.",
    )
