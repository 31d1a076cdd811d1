"""Host keys in OpenSSH's form, and their fingerprints."""

import base64
import binascii
import hashlib

from app.kernel.errors import InvalidInput
from app.ports.shell import HostKey


class NoHostKey(InvalidInput):
    """The text is no public host key."""


def parse_host_key(public: str) -> HostKey:
    """Read `algorithm base64`, and compute the fingerprint as `ssh-keygen -l` prints it."""
    words = public.split()
    try:
        algorithm, text = words[0], words[1]
        blob = base64.b64decode(text, validate=True)
        length = int.from_bytes(blob[:4], "big")
        named = blob[4 : 4 + length].decode("ascii")
    except (IndexError, binascii.Error, UnicodeDecodeError):
        named = algorithm = text = ""
        blob = b""
    if not blob or named != algorithm:
        raise NoHostKey(
            "This is no public host key; it is written as `ssh-ed25519 AAAA…`.",
            fix="Probe the server again.",
        )
    digest = base64.b64encode(hashlib.sha256(blob).digest()).rstrip(b"=").decode()
    return HostKey(algorithm, f"{algorithm} {text}", f"SHA256:{digest}")
