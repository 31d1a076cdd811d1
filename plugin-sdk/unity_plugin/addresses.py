"""Addresses that no plugin is helped to reach, whoever entered them.

Private ones and this machine itself are allowed: what a home watches lives there, and only who may
manage plugins enters an address. Link-local ones are not: behind them sit the metadata services of
clouds, which hand out credentials of the machine.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from unity_plugin.errors import AddressRefused, NotReachable

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA = frozenset(
    {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
)


def is_refused(text: str) -> bool:
    """Tell whether this address, or the IPv4 one that it carries, is never spoken to."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return any(
        each.is_link_local or each.is_multicast or each.is_unspecified or each in _METADATA
        for each in (address, *_carried(address))
    )


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    nat64 = ipaddress.IPv4Address(address.packed[-4:]) if address in _NAT64 else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, nat64) if one is not None]


async def resolve(host: str, port: int = 0) -> Sequence[str]:
    """Return the addresses of a name; `NotReachable` without any, `AddressRefused` for a trap."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReachable(
            f"The name {host} has no address.", fix="Check its spelling, and the name server."
        ) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if is_refused(address):
            raise AddressRefused(
                f"{host} is {address}, a link-local or metadata address: Unity never asks there."
            )
    return addresses
