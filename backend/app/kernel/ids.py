"""UUIDv7 (RFC 9562, section 5.7): made by the client, ordered by time of making.

The primary key has to exist before the insert, because the encryption of a row is bound to it.
Those that one process makes rise strictly (section 6.2, method 2), so that what was announced
first is also told first.
"""

import secrets
import threading
import time
import uuid

_RANDOM_BITS = 74
_STEP_BITS = 40  # leaves room for billions within a millisecond, and each stays hard to guess


class _Rising:
    """The last value given out: 48 bits of Unix milliseconds, 74 random bits."""

    def __init__(self) -> None:
        self._last = 0
        self._guard = threading.Lock()

    def next(self) -> int:
        """Return a value above all before, also within a millisecond or after a clock set back."""
        milliseconds = time.time_ns() // 1_000_000
        value = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        with self._guard:
            if milliseconds <= self._last >> _RANDOM_BITS:
                value = self._last + 1 + secrets.randbits(_STEP_BITS)
            self._last = value
        return value


_rising = _Rising()


def uuid7() -> uuid.UUID:
    """Return a new identifier."""
    value = _rising.next()
    milliseconds, high, low = value >> 74, value >> 62 & 0xFFF, value & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low)
