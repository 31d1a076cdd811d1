"""Addresses that Unity never speaks to, whoever entered them.

Private ones are allowed, for an administrator of a home network means them. Link-local ones are
not: behind them sit the metadata services of clouds, which hand out credentials of the machine.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Metadata services outside of the link-local networks.
_METADATA = frozenset(
    {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
)


def web_parts(text: str) -> SplitResult | None:
    """Return the parts of an http or https address; None without a host or with an odd port."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading it is the check
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def is_web_address(text: str) -> bool:
    """Tell whether this is an http or https address with a host, and a port that can be one."""
    return web_parts(text) is not None


def is_refused(text: str) -> bool:
    """Tell whether this address, or the IPv4 one that it carries, is never spoken to."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return any(
        each.is_link_local or each.is_multicast or each.is_unspecified or each in _METADATA
        for each in (address, *_carried(address))
    )


def is_public(text: str) -> bool:
    """Tell whether the address is one of the internet at large."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return all(each.is_global for each in (address, *_carried(address)))


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 address that an IPv6 one stands for: mapped, 6to4 or NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    nat64 = ipaddress.IPv4Address(address.packed[-4:]) if address in _NAT64 else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, nat64) if one is not None]
