"""What we ask of mail servers, web hooks and push services: take this message, and say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from app.kernel.errors import JsonValue


class NotDelivered(Exception):
    """The message was not taken. The text is for people and holds no secret of the address."""

    def __init__(
        self, detail: str, *, is_final: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_final = is_final  # sending the same again hardly helps
        self.retry_after = retry_after  # what the receiver asked for


class AddressRefused(NotDelivered):
    """The address is one that Unity never speaks to."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, is_final=True)


class AddressNotValid(Exception):
    """What was entered is no address of this service; `field` names the part that is wrong."""

    def __init__(self, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class MailSecurity(StrEnum):
    """How a mail server is spoken to."""

    TLS = "tls"  # from the first byte, port 465
    STARTTLS = "starttls"  # asked for, and insisted on
    NONE = "none"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """People with a mailbox, and the server that takes mail for them."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    recipients: tuple[str, ...]
    username: str = ""
    password: str = field(default="", repr=False)
    verifies_tls: bool = True


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """A web server that takes a message by POST. The address itself may hold a secret."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)  # signs the body
    token: str = field(default="", repr=False)  # sent as a bearer token
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class NtfyAddress:
    """A topic of a ntfy server; who knows its name may read it."""

    server: str
    topic: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppriseAddress:
    """Values of a service's form, or a whole Apprise URL."""

    service: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PluginAddress:
    """The configuration of a plugin that delivers messages."""

    plugin: str
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


Address: TypeAlias = EmailAddress | WebhookAddress | NtfyAddress | AppriseAddress | PluginAddress


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `key` is the same at each attempt, so that a receiver can tell.

    `thread` is the same for all messages about one thing: mail programs show them together.
    """

    key: str
    thread: str
    at: datetime
    is_over: bool  # good news
    severity: str
    title: str
    text: str
    html: str = ""
    body: str = ""  # what a web hook gets, written by its template
    document: Mapping[str, JsonValue] = field(default_factory=dict)  # what it gets otherwise
    link: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiver's own words, short and without secrets."""

    detail: str


class FieldKind(StrEnum):
    """What a person enters into a field of a form."""

    TEXT = "string"
    NUMBER = "integer"
    DECIMAL = "number"
    SWITCH = "boolean"
    LIST = "array"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a service's form."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    is_required: bool = False
    is_secret: bool = False
    is_advanced: bool = False
    default: str | int | float | bool | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class PushService:
    """A service that messages can be pushed through, as its library or plugin describes it."""

    id: str
    name: str
    home: str
    manual: str
    fields: tuple[FormField, ...]
    maker: str = "apprise"  # or plugin


class Notifier(Protocol):
    """Delivers messages, to addresses that may be spoken to only."""

    async def send(self, address: Address, message: Message) -> Receipt:
        """Deliver and return what the receiver said, or raise `NotDelivered`.

        Loopback, link-local and metadata addresses are refused, also behind a name or a redirect.
        """
        ...

    async def ping(self, url: str) -> Receipt:
        """Ask for an address by GET, as monitors of heartbeats want it, or raise `NotDelivered`."""
        ...

    async def services(self) -> Sequence[PushService]:
        """Return the push services with their forms."""
        ...

    async def check(self, address: Address) -> None:
        """Raise `AddressNotValid` for what cannot be an address, without sending anything."""
        ...
