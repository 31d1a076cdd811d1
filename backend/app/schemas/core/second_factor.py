"""Shapes of the second factor."""

from datetime import datetime

from pydantic import Field, SecretStr

from app.schemas.base import Output
from app.schemas.core.session import SessionState
from app.schemas.core.text import SecretInput


class CodeInput(SecretInput):
    """A code of the authenticator app; where a login is finished, a recovery code too."""

    code: SecretStr = Field(max_length=40, examples=["492039"])


class SecondFactorState(Output):
    """What the own account has."""

    is_set: bool
    set_at: datetime | None
    recovery_codes_left: int
    is_demanded: bool = Field(description="The settings demand one of your role.")


class EnrolmentRead(Output):
    """What the authenticator app needs; shown once, and it counts after a code has confirmed it."""

    key: str = Field(description="To type in by hand.")
    picture: str = Field(description="The same as a QR code: an SVG image as a data address.")


class RecoveryCodes(Output):
    """The one answer that shows them."""

    codes: list[str] = Field(description="Each lets you in once. Keep them apart from the app.")


class EnrolmentDone(RecoveryCodes):
    """The second factor is set, and the login with it."""

    session: SessionState
