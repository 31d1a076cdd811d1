"""What somebody may do, put together from the role for all, the grants for groups, and a token."""

import ipaddress
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.services.core.permissions import ROLES, SCOPABLE, P, Role


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights that count everywhere, and those that count in single groups."""

    everywhere: frozenset[P]
    in_groups: Mapping[uuid.UUID, frozenset[P]]
    is_limited: bool  # nothing of what hangs on a resource counts everywhere

    def somewhere(self) -> frozenset[P]:
        """Return all rights that count anywhere."""
        return self.everywhere.union(*self.in_groups.values())

    def narrowed(self, scopes: frozenset[P], groups: frozenset[uuid.UUID] | None) -> "Rights":
        """Return what is left through a token with these scopes, and with groups of its own.

        A token of some groups keeps no right of those that know no group: by `self:manage` it
        could make itself another token without this limit.
        """
        own = {group: scopes & rights for group, rights in self.in_groups.items()}
        if groups is None:
            return Rights(self.everywhere & scopes, own, self.is_limited)
        for group in groups:
            own[group] = own.get(group, frozenset()) | (self.everywhere & scopes & SCOPABLE)
        kept = {group: own[group] for group in groups}
        return Rights(self.everywhere & scopes & {P.SYSTEM_READ}, kept, is_limited=True)


def rights_of(role: str, grants: Iterable[tuple[uuid.UUID | None, str | None]]) -> Rights:
    """Return the rights of a user; a grant of an outer join may be empty."""
    everywhere = ROLES[Role(role)]
    in_groups = {
        group: ROLES[Role(granted)] & SCOPABLE
        for group, granted in grants
        if group is not None and granted is not None
    }
    return Rights(everywhere, in_groups, is_limited=not everywhere & SCOPABLE)


def is_from(address: str, networks: str) -> bool:
    """Tell whether an address lies in one of the networks; none named is from anywhere."""
    if not networks:
        return True
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False  # not a network address at all, as of the local socket
    if isinstance(place, ipaddress.IPv6Address) and place.ipv4_mapped is not None:
        place = place.ipv4_mapped
    return any(place in ipaddress.ip_network(network) for network in networks.split())
