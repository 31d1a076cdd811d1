"""The parts of identity that need no application: hashes, limits, addresses and origins."""

import asyncio
import threading
import time

import pytest
from argon2 import extract_parameters

from app.services.core.login_limits import (
    ACCOUNT,
    ACCOUNT_FROM_PLACE,
    LoginLimits,
    TooManyLogins,
    prefix,
)
from app.services.core.passwords import (
    AT_ONCE,
    MEMORY_KIB,
    Passwords,
    WeakPassword,
    check_strength,
)
from app.services.core.secrets import new_api_token, split_api_token
from app.services.core.visits import Visit, VisitReader


async def test_an_unknown_user_costs_the_same_work_as_a_known_one() -> None:
    passwords = Passwords()
    assert extract_parameters(passwords._nobody) == extract_parameters(await passwords.hash("x"))
    assert extract_parameters(passwords._nobody).memory_cost == MEMORY_KIB
    assert await passwords.verify(None, "anything") is False


async def test_hashes_of_other_parameters_are_outdated() -> None:
    old, new = Passwords(memory_kib=64, passes=1), Passwords(memory_kib=64, passes=2)
    stored = await old.hash("four words and more")
    assert await new.verify(stored, "four words and more")
    assert new.is_outdated(stored)
    assert not old.is_outdated(stored)
    assert await new.verify("no hash at all", "x") is False


async def test_accents_count_the_same_however_they_are_composed() -> None:
    passwords = Passwords(memory_kib=64, passes=1)
    stored = await passwords.hash("fa\u00e7ade of words")
    assert await passwords.verify(stored, "fac\u0327ade of words")
    assert await passwords.verify(stored, "\ud800") is False


class CountingPasswords(Passwords):
    """Counts how many hashes run at the same moment."""

    def __init__(self) -> None:
        super().__init__(memory_kib=64, passes=1)
        self._lock, self.now, self.most = threading.Lock(), 0, 0

    def _matches(self, stored: str, password: str) -> bool:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)  # noqa: TID251 - a thread of the pool, as the hash is
        with self._lock:
            self.now -= 1
        return super()._matches(stored, password)


async def test_a_burst_of_logins_hashes_only_a_few_at_once() -> None:
    passwords = CountingPasswords()
    await asyncio.gather(*(passwords.verify(None, "x") for _ in range(20)))
    assert passwords.most <= AT_ONCE


@pytest.mark.parametrize(
    "password", ["short", "qwertyuiop", "Password2024!", "abababababab", "bobbobbobbob", "x" * 201]
)
def test_passwords_that_are_tried_first_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password, name="bob")


@pytest.mark.parametrize(
    "password", ["four words and more", "ein Satz, der lang ist", "x7#kQ9!pLm__z"]
)
def test_long_or_unusual_passwords_are_fine(password: str) -> None:
    check_strength(password, name="bob")


def test_a_stranger_cannot_lock_the_owner_out_of_a_known_place() -> None:
    limits = LoginLimits()
    limits.begin("alice", "192.0.2.1")
    limits.succeed("alice", "192.0.2.1")
    for place in range(ACCOUNT.amount):
        limits.begin("alice", f"203.0.113.{place}")
    with pytest.raises(TooManyLogins):
        limits.begin("ALICE ", "198.51.100.1")  # a new place has to wait
    limits.begin("alice", "192.0.2.1")  # hers has not
    limits.begin("bob", "198.51.100.2")


def test_parallel_attempts_count_before_they_are_judged() -> None:
    limits = LoginLimits()
    for _ in range(ACCOUNT_FROM_PLACE.amount):
        limits.begin("alice", "192.0.2.1")
    with pytest.raises(TooManyLogins) as caught:
        limits.begin("alice", "192.0.2.1")
    assert 1 <= int(str(caught.value.context["retry_after"])) <= 60


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        ("local", "local"),
    ],
)
def test_the_place_of_an_address(address: str, expected: str) -> None:
    assert prefix(address) == expected


def visit(
    headers: dict[str, str],
    *,
    peer: str | None = "10.0.0.2",
    public_url: str = "",
    scheme: str = "http",
) -> Visit:
    """Read a request that came through the proxy 10.0.0.2."""
    reader = VisitReader(public_url=public_url, trusted_proxies=["10.0.0.0/24"])
    return reader.read(scheme=scheme, peer=peer, headers=headers)


def test_forwarded_headers_count_only_from_a_trusted_proxy() -> None:
    headers = {
        "host": "inner:8484",
        "x-forwarded-for": "6.6.6.6, 192.0.2.9, 10.0.0.3",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "unity.home",
        "origin": "https://unity.home",
    }
    trusted = visit(headers)
    assert (trusted.address, trusted.is_secure, trusted.is_own_origin) == ("192.0.2.9", True, True)
    forged = visit(headers, peer="203.0.113.5")
    assert (forged.address, forged.is_secure, forged.is_own_origin) == ("203.0.113.5", False, False)


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "is_own"),
    [
        ("http://nas:8484", "nas:8484", "http", True),
        ("http://nas:8485", "nas:8484", "http", False),
        ("https://nas", "nas", "http", True),  # TLS ends in a proxy that is not trusted
        ("http://nas", "nas", "https", False),
        ("https://NAS:443", "nas", "https", True),
        ("https://[fd00::1]:8484", "[fd00::1]:8484", "https", True),
        ("null", "nas", "http", False),
        ("http://nas:port", "nas", "http", False),
        ("http://nas.evil.test", "nas", "http", False),
        ("https://public.test", "nas", "http", True),  # the public address of the settings
    ],
)
def test_the_own_origin(origin: str, host: str, scheme: str, *, is_own: bool) -> None:
    headers = {"origin": origin, "host": host}
    seen = visit(headers, peer="203.0.113.5", public_url="https://public.test", scheme=scheme)
    assert seen.is_own_origin is is_own


def test_what_is_no_token_of_ours_is_not_looked_up() -> None:
    token = new_api_token()
    assert split_api_token(token.text) == token
    assert token.secret not in repr(token)
    for wrong in ("", "unity__", token.text + "x", token.text[:-1], f"x{token.text}", "é" * 62):
        assert split_api_token(wrong) is None
