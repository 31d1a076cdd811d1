"""Limits on wrong passwords, per account and per address prefix, kept in memory.

Nobody is locked out for good: the windows end by themselves, a right password takes its own
attempts back, and the account-wide window does not count for a place from which the account
logged in before, so that strangers who know a name cannot keep its owner out.
"""

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.kernel.errors import TooManyRequests

ACCOUNT_FROM_PLACE = RateLimitItemPerMinute(5, 1, namespace="account-from-place")
ACCOUNT = RateLimitItemPerMinute(30, 5, namespace="account")
PLACE = RateLimitItemPerMinute(30, 5, namespace="place")
_KNOWN_PLACES = 10_000
_PREFIX_V6 = 64  # what one household gets; a single machine has all of its addresses


class TooManyLogins(TooManyRequests):
    """Wait before the next attempt."""

    title = "Too many attempts to log in"


class LoginLimits:
    """Counts attempts when they begin, so that parallel ones cannot slip through together."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, name: str, address: str) -> None:
        """Count an attempt, or raise `TooManyLogins` with the seconds to wait."""
        self._hit(self._windows(name, address))

    def begin_at(self, address: str) -> None:
        """Count an attempt of somebody whose name is not known yet."""
        self._hit([(PLACE, prefix(address))])

    def succeed_at(self, address: str) -> None:
        """Take such an attempt back."""
        self._take_back(PLACE, prefix(address))

    def _hit(self, windows: list[tuple[RateLimitItem, str]]) -> None:
        for item, key in windows:
            if not self._limiter.hit(item, key):
                reset = self._limiter.get_window_stats(item, key).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise TooManyLogins(
                    "There were too many wrong passwords or codes.",
                    fix=f"Wait {seconds} seconds, then try again.",
                    retry_after=seconds,
                )

    def succeed(self, name: str, address: str) -> None:
        """Take the attempt back, and know the place from now on."""
        for item, key in self._windows(name, address):
            self._take_back(item, key)
        self._known[_account(name), prefix(address)] = None
        while len(self._known) > _KNOWN_PLACES:
            self._known.popitem(last=False)

    def _take_back(self, item: RateLimitItem, key: str) -> None:
        if item is ACCOUNT_FROM_PLACE or self._storage.decr(item.key_for(key)) == 0:
            self._storage.clear(item.key_for(key))

    def _windows(self, name: str, address: str) -> list[tuple[RateLimitItem, str]]:
        account, place = _account(name), prefix(address)
        windows: list[tuple[RateLimitItem, str]] = [
            (ACCOUNT_FROM_PLACE, f"{account}@{place}"),
            (PLACE, place),
        ]
        if (account, place) not in self._known:
            windows.append((ACCOUNT, account))
        return windows


def prefix(address: str) -> str:
    """Return the network that one attacker has for free: the address, or its /64 in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, _PREFIX_V6), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _account(name: str) -> str:
    """Keep a fixed size for each name, however long a stranger makes them."""
    return hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
