"""Reads the ID token (OpenID Connect Core 1.0, section 3.1.3.7): what does not hold is refused."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from app.kernel.errors import JsonValue
from app.kernel.text import printable

# Neither "none" nor the symmetric ones: with those, whoever knows the client secret could forge.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
LEEWAY = timedelta(seconds=60)
_MOST_BYTES = 64 * 1024
_LONGEST_SUBJECT = 255
Claims = Mapping[str, JsonValue]


class TokenRefused(Exception):
    """The token does not count. The text is for people."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class KeyUnknown(TokenRefused):
    """No key that we know made the signature; the provider may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    logged_in_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider means."""

    issuer: str
    subject: str
    username: str
    full_name: str
    label: str
    groups: tuple[str, ...]
    has_groups: bool  # whether the claim was there at all


def verified_claims(token: str, keys: KeySet, now: datetime) -> Claims:
    """Return the claims of a token that one of the keys has signed, which has not ended."""
    if len(token) > _MOST_BYTES:
        raise TokenRefused("Its token is too long.")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError) as error:
        raise TokenRefused("Its token cannot be read.") from error
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenRefused(
            f"Its token is signed with {printable(str(algorithm))[:20]}, which is not allowed."
        )
    for key in _fitting(keys, header.get("kid"), str(algorithm)):
        try:
            found = jws.deserialize_compact(token, key, algorithms=[str(algorithm)])
        except BadSignatureError:
            continue
        except (JoseError, ValueError) as error:
            raise TokenRefused("Its token cannot be read.") from error
        if has_ended(key, now):
            raise KeyUnknown(
                "Its token was signed with a key that has ended: the provider has to sign with a"
                " new one."
            )
        return _claims(found.payload)
    raise KeyUnknown("Its token was signed with a key that the provider does not publish.")


def has_ended(key: Key, now: datetime) -> bool:
    """Tell whether a key says of itself that it no longer counts (`exp`, as in federations)."""
    ends: object = key.get("exp")
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return False
    return ends <= (now - LEEWAY).timestamp()


def _fitting(keys: KeySet, kid: object, algorithm: str) -> Iterator[Key]:
    """Yield the keys of this name, or all when the token names none."""
    kind = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[algorithm[:2]]
    for key in keys:
        is_meant = kid is None or key.kid == kid
        is_usable = key.get("use") in {None, "sig"} and key.get("alg") in {None, algorithm}
        is_of_kind = isinstance(key, RSAKey | ECKey | OKPKey) and key.key_type == kind
        if is_of_kind and is_meant and is_usable:
            yield key


def _claims(payload: bytes) -> Claims:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("Its token cannot be read.") from error
    if not isinstance(found, dict):
        raise TokenRefused("Its token holds no claims.")
    return found


def check(claims: Claims, expected: Expected) -> str:
    """Return the subject, or raise `TokenRefused` for the first claim that does not hold."""
    if claims.get("iss") != expected.issuer:
        said = printable(str(claims.get("iss")))[:200]
        raise TokenRefused(f"Its token was issued by {said}, not by {expected.issuer}.")
    _check_audience(claims, expected.client_id)
    if not expected.nonce or claims.get("nonce") != expected.nonce:
        raise TokenRefused("Its token belongs to another login.")
    _check_times(claims, expected)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise TokenRefused("Its token does not say whom it means.")
    return subject


def _check_audience(claims: Claims, client_id: str) -> None:
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if client_id not in meant or (len(meant) > 1 and claims.get("azp") != client_id):
        raise TokenRefused("Its token is meant for another application.")
    if claims.get("azp") not in {None, client_id}:
        raise TokenRefused("Its token is meant for another application.")


def _check_times(claims: Claims, expected: Expected) -> None:
    now = expected.now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    if expires is None or issued is None:
        raise TokenRefused("Its token does not say when it was made and when it ends.")
    begins = max(issued, _number(claims, "nbf") or issued)
    if begins > now + leeway:
        raise TokenRefused(
            f"Its token is from {_span(begins - now)} in the future: the clock of the provider or"
            " of this machine is wrong."
        )
    if expires <= now - leeway:
        raise TokenRefused(
            f"Its token ended {_span(now - expires)} ago: the login took too long, or a clock is"
            " wrong."
        )
    if expected.logged_in_within is not None:
        at = _number(claims, "auth_time")
        if at is None or now - at > expected.logged_in_within.total_seconds() + leeway:
            raise TokenRefused("It did not ask who you are anew.")


def _number(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and isinstance(value, int | float) else None


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else f"{round(seconds)} seconds"


def describe(issuer: str, subject: str, claims: Claims, groups_claim: str) -> Identity:
    """Return whom the claims describe."""
    username = _words(claims, "preferred_username") or _words(claims, "email").partition("@")[0]
    found = claims.get(groups_claim) if groups_claim else None
    if isinstance(found, str):
        found = [found]
    names = tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
    label = next(
        filter(None, (_words(claims, n) for n in ("preferred_username", "email", "name"))), subject
    )
    return Identity(
        issuer=issuer,
        subject=subject,
        username=username,
        full_name=_words(claims, "name")[:120],
        label=label[:255],
        groups=names,
        has_groups=groups_claim in claims,
    )


def _words(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return printable(value).strip() if isinstance(value, str) else ""
