"""Channels of notifications: what a person enters, and how they have been."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from app.kernel.errors import JsonValue
from app.kernel.text import printable
from app.ports.notifier import MailSecurity
from app.schemas.base import Input, Output

Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\s/@]+$")]
Mailbox = Annotated[str, Field(max_length=320, pattern=r"^[^\s@<>]+@[^\s@<>]+$")]
Secret = Annotated[SecretStr, Field(max_length=4000)]


class EmailForm(Input):
    """Mail by SMTP."""

    host: Host = Field(title="Mail server", examples=["mail.example.org"])
    port: int = Field(587, ge=1, le=65535, title="Port")
    security: MailSecurity = Field(
        MailSecurity.STARTTLS,
        title="Encryption",
        description="starttls (port 587) and tls (port 465) are encrypted, none is not.",
    )
    username: str = Field("", max_length=320, title="User name")
    password: Secret | None = Field(None, title="Password")
    sender: Mailbox = Field(title="From", examples=["unity@example.org"])
    recipients: list[Mailbox] = Field(
        title="To", min_length=1, max_length=50, examples=["me@example.org"]
    )
    verifies_tls: bool = Field(
        default=True,
        title="Check the server's certificate",
        description="Switch it off only for a server of your own with a certificate of its own.",
    )

    @model_validator(mode="after")
    def _password_needs_encryption(self) -> "EmailForm":
        if self.security is MailSecurity.NONE and self.password is not None:
            raise ValueError("security: a password is sent over an encrypted connection only")
        return self


class WebhookForm(Input):
    """A POST with JSON, signed."""

    url: Secret = Field(title="Address", examples=["https://example.org/hook"])
    secret: Secret | None = Field(
        None,
        title="Signing secret",
        description="Signs each request with HMAC-SHA256: X-Unity-Signature over"
        " X-Unity-Timestamp, a dot and the body.",
    )
    token: Secret | None = Field(None, title="Token", description="Sent as Authorization: Bearer …")
    content_type: str = Field(
        "application/json",
        max_length=100,
        pattern=r"^[\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*$",
        title="Content type",
        description="Of the body that a template writes.",
    )


class NtfyForm(Input):
    """A topic of ntfy."""

    server: str = Field(
        "https://ntfy.sh", max_length=500, pattern=r"^https?://[^\s@]+$", title="Server"
    )
    topic: Secret = Field(
        title="Topic", description="Who knows its name can read it.", examples=["a-long-name"]
    )
    token: Secret | None = Field(None, title="Access token")


class AnyAppriseForm(Input):
    """Any URL that Apprise understands."""

    url: Secret = Field(title="Apprise URL", examples=["discord://webhook_id/webhook_token"])


class ChannelWrite(Input):
    """A channel as a person enters it."""

    name: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=80, examples=["Phone"]
    )
    service: str = Field(
        max_length=80,
        description="One of GET /api/notifications/services.",
        examples=["ntfy", "email", "webhook", "apprise", "apprise:discord"],
    )
    settings: dict[str, JsonValue] = Field(
        default_factory=dict, description="The fields of its form that are no secrets."
    )
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='The secret fields. One that is left out stays as it is, "" takes it away.',
        json_schema_extra={"format": "password"},
    )
    is_enabled: bool = Field(default=True, description="Whether anything is sent.")
    template_id: uuid.UUID | None = Field(None, description="How messages are worded.")
    fallback_id: uuid.UUID | None = Field(
        None, description="The channel that is used when this one fails."
    )
    fallback_after_minutes: int = Field(
        15, ge=1, le=1440, description="How long this one may fail before."
    )
    give_up_after_minutes: int = Field(
        1440, ge=1, le=10_080, description="How long a message is tried before it is a dead letter."
    )
    has_self_test: bool = Field(
        default=True, description="Whether a test is sent every week, to prove that it arrives."
    )


class ChannelHealth(Output):
    """How a channel has been."""

    state: str = Field(description="new, ok, failing or off", examples=["ok"])
    sent: int = Field(description="Messages that arrived.")
    failures: int = Field(description="Attempts in a row that failed.")
    mean_ms: float = Field(description="How long it takes, as a moving mean.")
    last_ok_at: datetime | None
    failing_since: datetime | None
    last_error: str
    template_error: str = Field(description="Why the template was not used for the last message.")
    waiting: int = Field(description="Messages that wait to be sent.")
    dead: int = Field(description="Dead letters.")
    last_self_test_at: datetime | None
    next_self_test_at: datetime | None


class ChannelRead(Output):
    """A channel; its secrets are never shown again."""

    id: uuid.UUID
    name: str
    service: str
    service_name: str
    settings: dict[str, JsonValue]
    secrets_set: list[str] = Field(description="Names of the secret fields that hold something.")
    hint: str = Field(description="Where it goes, without secrets.", examples=["https://ntfy.sh/…"])
    is_enabled: bool
    template_id: uuid.UUID | None
    fallback_id: uuid.UUID | None
    fallback_after_minutes: int
    give_up_after_minutes: int
    has_self_test: bool
    health: ChannelHealth


class ChannelName(Output):
    """What those may know who see alerts."""

    id: uuid.UUID
    name: str
    is_enabled: bool
    state: str = Field(description="new, ok, failing or off")


class ChannelTest(Output):
    """What came of a test message."""

    has_arrived: bool
    detail: str = Field(description="What the receiver said.")
    milliseconds: int


class ServiceRead(Output):
    """A service that a channel can use."""

    id: str = Field(examples=["apprise:discord"])
    name: str
    home: str
    manual: str


class FormFieldRead(Output):
    """One field of a form."""

    name: str
    label: str
    kind: str = Field(description="string, integer, number, boolean or array")
    description: str
    example: str
    default: str | int | float | bool | None
    choices: list[str]
    pattern: str
    minimum: float | None
    maximum: float | None
    is_required: bool
    is_secret: bool
    is_advanced: bool


class FormRead(Output):
    """The form of a service."""

    service: ServiceRead
    fields: list[FormFieldRead]
