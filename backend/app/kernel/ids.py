"""UUIDv7 (RFC 9562, section 5.7): made by the client, ordered by time of making.

The primary key has to exist before the insert, because the encryption of a row is bound to it.
"""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a new identifier: 48 bits of Unix milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
