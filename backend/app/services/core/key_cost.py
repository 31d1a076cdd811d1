"""What it costs to open a key file, read from its outside before anything is computed.

The file itself says how often its passphrase is hashed, up to four thousand million times, and a
key of 60,000 bits is checked for minutes: either would keep Unity busy for as long as its sender
likes.
"""

import base64
import binascii
import math
from collections.abc import Iterator

from app.kernel.errors import InvalidInput

_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
_LOCKED_PEM = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"
_LONGEST = 9_000  # characters; RSA with 8192 bits, which is twice the usual, takes 6,600
_MOST_BCRYPT = 200  # ssh-keygen -a; each takes about 10 ms, and each login takes all of them
_MOST_OTHER = 1_000_000  # PBKDF2's rounds, or the memory and time of scrypt
_INTEGER, _SEQUENCE, _LONG_FORM = 0x02, 0x30, 0x80
_DEEPEST = 8  # parts within parts; a real file has four
_SCRYPT = bytes.fromhex("06092b06010401da47040b")  # its object identifier, 1.3.6.1.4.1.11591.4.11


class KeyTakesTooLong(InvalidInput):
    """Opening the key file would take longer than anybody waits."""

    title = "The key file takes too long to open"


def refuse_laborious(text: str) -> None:
    """Raise `KeyTakesTooLong`; what cannot be read here is for `key_material` to judge."""
    if len(text) > _LONGEST:
        raise KeyTakesTooLong(
            f"The key file has {len(text)} characters; no usual key has more than {_LONGEST}.",
            fix="Let Unity generate an ed25519 key.",
        )
    if _OPENSSH in text:
        rounds, most = _bcrypt_rounds(_content(text, _OPENSSH)), _MOST_BCRYPT
    else:
        rounds, most = _other_rounds(_content(text, _LOCKED_PEM)), _MOST_OTHER
    if rounds > most:
        raise KeyTakesTooLong(
            f"The passphrase of the key file is hashed {rounds} times, at most {most} are done.",
            fix="Make a copy that opens faster: ssh-keygen -p -a 16 -f COPY. Unity encrypts it"
            " by itself, too.",
        )


def _content(text: str, begin: str) -> bytes:
    """Return the bytes between the two marks; none when there are no such marks."""
    body = text.partition(begin)[2].partition("-----END")[0]
    try:
        return base64.b64decode("".join(body.split()))
    except (binascii.Error, ValueError):
        return b""


def _bcrypt_rounds(content: bytes) -> int:
    """Read OpenSSH's PROTOCOL.key: cipher, function, and its options: a salt and the rounds."""
    if not content.startswith(_MAGIC):
        return 0
    _cipher, rest = _string(content[len(_MAGIC) :])
    _function, rest = _string(rest)
    options, _rest = _string(rest)
    _salt, rounds = _string(options)
    return int.from_bytes(rounds[:4], "big")


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split a string that has its length in front from what follows."""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]


def _other_rounds(content: bytes) -> int:
    """Read PKCS #8 (RFC 5958): the numbers in its first part say how the file is locked."""
    whole = next(_parts(content), (0, b""))[1]
    algorithm = next(_parts(whole), (0, b""))[1]
    numbers = [*_numbers(algorithm, _DEEPEST)]
    if _SCRYPT in algorithm:
        return math.prod(numbers)
    return max(numbers, default=0)


def _numbers(data: bytes, depth: int) -> Iterator[int]:
    for kind, content in _parts(data):
        if kind == _INTEGER:
            yield int.from_bytes(content, "big")
        elif kind == _SEQUENCE and depth:
            yield from _numbers(content, depth - 1)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each element (DER); what is cut short ends it."""
    while len(data) > 1:
        kind, size, start = data[0], data[1], 2
        if size & _LONG_FORM:
            start += size & ~_LONG_FORM
            size = int.from_bytes(data[2:start], "big")
        yield kind, data[start : start + size]
        data = data[start + size :]
