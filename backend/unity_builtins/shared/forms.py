"""Fields that several forms share."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator
from unity_plugin import Config, Secret

from unity_builtins.shared.trust import Trust

Seconds = Annotated[float, Field(gt=0, le=60)]


class Timed(Config):
    """A form with a time limit."""

    seconds: Seconds = Field(
        10,
        title="Time limit",
        description="An answer that takes longer counts as none.",
        json_schema_extra={"unit": "s", "advanced": True},
    )


class Trusting(Timed):
    """A form for something that is spoken to over HTTPS."""

    verifies_tls: bool = Field(
        default=True,
        title="Check the certificate",
        description="Off, anybody on the way can read the login. Prefer a fingerprint.",
        json_schema_extra={"advanced": True},
    )
    authority: str = Field(
        "",
        title="Own authority",
        description="The certificate of your own authority, as PEM text.",
        max_length=20_000,
        json_schema_extra={"advanced": True},
    )
    fingerprint: str = Field(
        "",
        title="Fingerprint of its certificate",
        description="SHA-256. Believes this one certificate, also when it is self-signed.",
        examples=["3F:9A:… (32 pairs)"],
        max_length=200,
        json_schema_extra={"advanced": True},
    )

    @property
    def trust(self) -> Trust:
        """What is enough to believe the service."""
        return Trust(self.verifies_tls, self.authority, self.fingerprint)


class LoggingIn(Trusting):
    """A form for a web address that may want a login."""

    user: str = Field(
        "",
        title="User name",
        description="Of basic authentication.",
        max_length=200,
        json_schema_extra={"advanced": True},
    )
    password: Secret | None = Field(
        None,
        title="Password",
        description="Of basic authentication.",
        json_schema_extra={"advanced": True},
    )
    token: Secret | None = Field(
        None,
        title="Bearer token",
        description="Instead of user name and password.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if self.token and (self.user or self.password):
            raise ValueError("Enter a token, or a user name and password, not both.")
        return self

    def login(self) -> Mapping[str, str]:
        """Return the header of the login, if there is one."""
        if self.token:
            return {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        if self.user or self.password:
            password = self.password.get_secret_value() if self.password else ""
            pair = b64encode(f"{self.user}:{password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}
