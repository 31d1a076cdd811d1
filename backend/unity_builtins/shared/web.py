"""One request over HTTP: each hop to an address that was checked, timed step by step.

Unlike `run.network` it tells how long each step took, what certificate was shown, and can be held
to a pinned one. HTTP/1.1 only, without proxies and cookies.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import httpx2
from pydantic import JsonValue
from unity_plugin import LoginRefused, Misconfigured, Network, NotReachable, Unsupported

from unity_builtins.shared.certificates import Certificate, UnreadableCertificate, read
from unity_builtins.shared.dialing import Family, Unanswered, resolve, said
from unity_builtins.shared.trust import Trust
from unity_builtins.shared.watch import Phases, Watch

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_FIX = "Check the address and port, that it runs, and that no firewall is between."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask for. `secrets` are headers that stay with the first origin."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    family: Family = Family.ANY
    redirects: int = 0
    trust: Trust = field(default_factory=Trust)
    seconds: float = 10.0
    most_bytes: int = 8 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back in the end; `hops` are the addresses that it redirected to."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_cut: bool
    hops: tuple[str, ...]
    version: str
    phases: Phases
    certificate: Certificate | None

    @property
    def text(self) -> str:
        """The body as text, whatever it claims to be."""
        return self.body.decode("utf-8", "replace")

    @property
    def place(self) -> str:
        """Whom the answer is from."""
        return httpx2.URL(self.url).netloc.decode()

    def json(self) -> JsonValue:
        """Return the body as JSON; `Unsupported` when it is none."""
        try:
            found: JsonValue = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unsupported(
                f"{self.place} did not answer with JSON (status {self.status}).",
                fix="Check that the address is the one of the service itself.",
            ) from error
        return found

    def welcome(self) -> "Answer":
        """Return the answer itself, or raise what its status means."""
        if self.status in {401, 403}:
            raise LoginRefused(
                f"{self.place} refused the login (status {self.status}).",
                fix="Check the password or token, and its rights.",
            )
        if self.is_cut:
            raise Unsupported(f"{self.place} answered with more than fits: {len(self.body)} bytes.")
        if not 200 <= self.status < 300:
            raise Unsupported(
                f"{self.place} answered with status {self.status}.",
                fix="Check that the address is the one of the service itself.",
            )
        return self


async def fetch(network: Network, wanted: Wanted) -> Answer:
    """Ask, and follow as many redirects as are allowed; with none, a redirect is the answer."""
    origin = _origin(_url(wanted.url))
    step, hops, phases = wanted, list[str](), Phases()
    while True:
        answer = await _hop(network, step)
        phases += answer.phases
        target = answer.headers.get("location", "") if answer.status in _REDIRECTS else ""
        if not target or not wanted.redirects:
            return replace(answer, hops=tuple(hops), phases=phases)
        if len(hops) == wanted.redirects:
            raise Unanswered(
                "redirect", f"{wanted.url} redirects more than {wanted.redirects} times."
            )
        url = _joined(step.url, target)
        hops.append(url)
        step = replace(step, url=url, query={})
        if answer.status in {301, 302, 303} and step.method != "HEAD":
            step = replace(step, method="GET", body=b"")
        if _origin(_url(url)) != origin:
            step = replace(step, secrets={})


async def _hop(network: Network, wanted: Wanted) -> Answer:
    url = _url(wanted.url)
    port = url.port or _PORTS[url.scheme]
    context = None
    if url.scheme == "https":
        context = await wanted.trust.context(network, url.host, port)
    addresses = await resolve(network, url.host, wanted.family)
    failure: NotReachable | None = None
    for address in addresses.found:
        try:
            return await _exchange(wanted, url, address, context, addresses.seconds)
        except Unanswered as error:
            if error.step != "connect":
                raise
            failure = error
    raise failure or Unanswered("resolve", f"The name {url.host} has no address.")


async def _exchange(
    wanted: Wanted, url: httpx2.URL, address: str, context: ssl.SSLContext | None, resolved: float
) -> Answer:
    """Speak to one address; the name stays in the Host header and in the TLS handshake."""
    watch = Watch()
    asked = url.copy_merge_params(dict(wanted.query)) if wanted.query else url
    headers = {"Host": url.netloc.decode(), "User-Agent": "Unity", "Accept": "*/*"}
    try:
        async with (
            httpx2.AsyncClient(
                verify=context or False, timeout=wanted.seconds, trust_env=False
            ) as client,
            client.stream(
                wanted.method,
                asked.copy_with(host=address),
                headers={**headers, **wanted.headers, **wanted.secrets},
                content=wanted.body or None,
                extensions={"trace": watch, "sni_hostname": url.host},
            ) as response,
        ):
            certificate = _certificate(response)
            body, is_cut = await _body(response, wanted.most_bytes)
    except httpx2.HTTPError as error:
        raise _failed(url, watch.step, error) from error
    return Answer(
        url=str(url),
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
        is_cut=is_cut,
        hops=(),
        version=response.http_version,
        phases=watch.phases(resolved),
        certificate=certificate,
    )


async def _body(response: httpx2.Response, most: int) -> tuple[bytes, bool]:
    out = bytearray()
    async for chunk in response.aiter_bytes():
        out += chunk
        if len(out) > most:
            return bytes(out[:most]), True
    return bytes(out), False


def _url(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise Misconfigured(f"{text} is no address of the web.", field="url") from error
    if url.scheme not in _PORTS or not url.host:
        raise Misconfigured(f"{text} does not begin with http:// or https://.", field="url")
    return url


def _joined(url: str, location: str) -> str:
    try:
        joined = httpx2.URL(url).join(location)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Unanswered("redirect", f"{url} redirects to something that is no address.") from error
    if joined.scheme not in _PORTS or not joined.host:
        raise Unanswered("redirect", f"{url} redirects to {location[:200]}, which is not HTTP.")
    return str(joined)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


class _Stream(Protocol):
    def get_extra_info(self, info: str) -> object: ...


def _certificate(response: httpx2.Response) -> Certificate | None:
    stream: _Stream | None = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream else None
    if not isinstance(tls, ssl.SSLObject):
        return None
    leaf = tls.getpeercert(binary_form=True)
    try:
        return read(leaf) if leaf else None
    except UnreadableCertificate:
        return None


def _failed(url: httpx2.URL, step: str, error: httpx2.HTTPError) -> Unanswered:
    where = f"{url.scheme}://{url.netloc.decode()}"
    if isinstance(error, httpx2.TimeoutException):
        return Unanswered(
            step,
            f"{where} did not answer in time.",
            fix=_FIX,
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unanswered(
                "tls",
                f"{where} {said(cause)}.",
                fix="Enter its authority or its fingerprint, or switch the check off.",
            )
        if isinstance(cause, ssl.SSLError | ConnectionError):
            return Unanswered(step, f"{where} {said(cause)}.", fix=_FIX)
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.DecodingError):
        return Unanswered(
            step,
            f"{where} answered something that is not HTTP, or hung up.",
            fix="Check the port, and whether it is http or https.",
        )
    return Unanswered(step, f"{where} is not reachable.", fix=_FIX)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(8):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
