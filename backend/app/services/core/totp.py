"""Codes of an authenticator app (RFC 6238): 6 digits, 30 seconds, SHA-1, as all apps know them."""

import hmac
from datetime import datetime

import pyotp
import segno

ISSUER = "Unity"
STEP_SECONDS = 30
DIGITS = 6
_DRIFT = 1  # steps that the clock of a telephone may be off, each way


def new_secret() -> str:
    """Return 160 random bits, as an app takes them."""
    return pyotp.random_base32()


def address(secret: str, account: str) -> str:
    """Return the otpauth address that the QR code carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def picture(text: str) -> str:
    """Return an address of an SVG image with the QR code, which a page may show as it is.

    Black on white whatever the theme is: some cameras read no other.
    """
    uri: str = segno.make(text, error="m", micro=False).svg_data_uri(
        scale=4, border=4, dark="#000", light="#fff"
    )
    return uri


def step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the step of a right code that is later than `after`; None when it does not count."""
    code = "".join(code.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    current, machine = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    found = None
    # All are compared, so that the time tells nothing of which one it was.
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        is_equal = hmac.compare_digest(machine.generate_otp(step), code)
        if is_equal and step > after:
            found = step
    return found
