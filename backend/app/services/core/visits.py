"""What a request says of where it comes from, and what of it is believed.

Forwarded headers count only from a trusted proxy; anyone else could write them.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a request comes from."""

    address: str
    user_agent: str
    is_secure: bool
    is_own_origin: bool
    is_navigation: bool


class VisitReader:
    """Reads a request's headers with the settings of the listener in mind."""

    def __init__(self, *, public_url: str, trusted_proxies: Sequence[str]) -> None:
        self._public = urlsplit(public_url) if public_url else None
        self._trusted = tuple(ipaddress.ip_network(p, strict=False) for p in trusted_proxies)

    def read(self, *, scheme: str, peer: str | None, headers: Mapping[str, str]) -> Visit:
        """Return what is known of the sender. `headers` has lower-case names."""
        is_proxied = peer is None or self._is_trusted(peer)
        forwarded_proto = _last(headers.get("x-forwarded-proto", "")) if is_proxied else ""
        forwarded_host = _last(headers.get("x-forwarded-host", "")) if is_proxied else ""
        is_secure = (forwarded_proto or scheme) in {"https", "wss"}
        host = forwarded_host or headers.get("host", "")
        return Visit(
            address=self._address(peer, headers),
            user_agent=headers.get("user-agent", "")[:255],
            is_secure=is_secure,
            is_own_origin=self._is_own_origin(headers, host, is_secure=is_secure),
            is_navigation=headers.get("sec-fetch-mode") == "navigate",
        )

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def _address(self, peer: str | None, headers: Mapping[str, str]) -> str:
        """Walk X-Forwarded-For from the right, past the trusted proxies."""
        address = peer or "local"
        if peer is not None and not self._is_trusted(peer):
            return address
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
            try:
                address = str(ipaddress.ip_address(hop.strip().strip("[]")))
            except ValueError:
                break
            if not self._is_trusted(address):
                break
        return address

    def _is_own_origin(self, headers: Mapping[str, str], host: str, *, is_secure: bool) -> bool:
        """Compare the page's origin with ours; what sends neither header is no browser."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        try:
            page, here = urlsplit(origin), urlsplit(f"//{host}")
            is_same_host = _place(page.hostname, page.port) == _place(here.hostname, here.port)
            if self._public and _whole(origin) == _whole(self._public.geturl()):
                return True
        except ValueError:
            return False
        # A proxy that ends TLS without being trusted shows an https page over our plain HTTP; the
        # other way round, a page without TLS must not act on a service with it.
        return is_same_host and page.scheme in ({"https"} if is_secure else {"http", "https"})


def _last(values: str) -> str:
    return values.rpartition(",")[2].strip().lower()


def _place(host: str | None, port: int | None) -> tuple[str, int | None]:
    return ((host or "").lower(), None if port in {80, 443} else port)


def _whole(url: str) -> tuple[str, tuple[str, int | None]]:
    parts = urlsplit(url)
    return (parts.scheme, _place(parts.hostname, parts.port))
