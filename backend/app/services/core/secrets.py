"""Random tokens, and the forms in which they are kept: never the token itself."""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field

_API_TOKEN = re.compile(r"unity_([0-9A-Za-z]{12})_([0-9A-Za-z_-]{43})")
_ALPHABET = string.ascii_letters + string.digits


def new_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the form in which a random token is kept; so much chance needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiTokenParts:
    """The two halves of `unity_<public id>_<secret>`."""

    public_id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The whole token, as shown once."""
        return f"unity_{self.public_id}_{self.secret}"

    def hmac(self, pepper: bytes) -> str:
        """Return the form in which the secret half is kept."""
        return hmac.new(pepper, self.text.encode(), hashlib.sha256).hexdigest()


def new_api_token() -> ApiTokenParts:
    """Make a token."""
    public_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return ApiTokenParts(public_id, new_token())


def split_api_token(text: str) -> ApiTokenParts | None:
    """Return the halves; None when this is no token of ours."""
    match = _API_TOKEN.fullmatch(text)
    return None if match is None else ApiTokenParts(match[1], match[2])
