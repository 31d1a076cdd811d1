"""Passwords: argon2id, at most a few at once, and the same work for a name that nobody has.

One hash takes 64 MiB and about 0.2 s; without a cap, a burst of logins would exhaust the memory.
"""

import asyncio
import os
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import InvalidInput, JsonValue
from app.services.core.breached_passwords import is_breached

MIN_LENGTH, MAX_LENGTH = 12, 200
PRODUCT = "unity"
_SHORTEST_NAME = 3  # "al" is in half of all words
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 4
AT_ONCE = 4


class WeakPassword(InvalidInput):
    """Too short, too common, or with the user's own name in it."""

    title = "Choose another password"


class Passwords:
    """Hashes and verifies; make one a process, since it holds the cap."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(passes, memory_kib, LANES, type=Type.ID)
        self._cap = asyncio.Semaphore(AT_ONCE)
        self._nobody = _unmatchable(memory_kib, passes)

    async def hash(self, password: str) -> str:
        """Return the hash that is stored."""
        async with self._cap:
            return await asyncio.to_thread(self._hasher.hash, _octets(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether it is the password; with None (no such user) do the same work."""
        async with self._cap:
            is_right = await asyncio.to_thread(self._matches, stored or self._nobody, password)
        return is_right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _octets(password))
        except (VerificationError, InvalidHashError):
            return False


def _octets(password: str) -> bytes:
    """Spell accents one way: keyboards of different systems compose them differently."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _unmatchable(memory_kib: int, passes: int) -> str:
    """Return a hash with these parameters that takes the full work and that nothing matches."""
    salt, digest = (b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={memory_kib},t={passes},p={LANES}${salt}${digest}"


def check_strength(password: str, *, name: str, shortest: int = MIN_LENGTH) -> None:
    """Raise `WeakPassword` when it would be guessed; length counts, not kinds of characters.

    The fault is told at the field, which each form of the API names `password`.
    """
    found = _fault(unicodedata.normalize("NFKC", password), name.strip().lower(), shortest)
    if found is not None:
        detail, fix = found
        errors: list[JsonValue] = [{"detail": f"{detail} {fix}", "pointer": "/body/password"}]
        raise WeakPassword(detail, fix=fix, errors=errors)


def _fault(password: str, name: str, shortest: int) -> tuple[str, str] | None:
    """Return what is wrong and what would be better."""
    lowered = password.lower()
    if len(password) < shortest:
        return (
            f"The password has {len(password)} characters; at least {shortest} are needed.",
            "A sentence of a few words is long and easy to keep.",
        )
    if len(password) > MAX_LENGTH:
        return f"The password has more than {MAX_LENGTH} characters.", "Choose a shorter one."
    if len(name) >= _SHORTEST_NAME and name in lowered:
        return f"The password contains the user name {name}.", "Leave the name out."
    if PRODUCT in lowered:
        return f"The password contains the word {PRODUCT}.", "Leave the word out."
    if is_breached(password):
        return (
            "The password is one of those that are tried first: common, or known from breaches.",
            "Choose words that belong together only for you.",
        )
    return None
