"""Receivers in memory: the `Notifier` port without a network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from app.kernel.database import in_transaction
from app.ports.notifier import (
    Address,
    AddressRefused,
    AppriseAddress,
    FieldKind,
    FormField,
    Message,
    NotDelivered,
    PushService,
    Receipt,
    WebhookAddress,
)


@dataclass
class FakeNotifier:
    """Keeps what was sent. `failures` holds what the next messages meet; None lets one pass."""

    sent: list[tuple[Address, Message]] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)
    failures: list[NotDelivered | None] = field(default_factory=list)
    down: set[str] = field(default_factory=set)  # web hooks whose address holds one of these

    @property
    def titles(self) -> list[str]:
        """The titles of what arrived, in order."""
        return [message.title for _, message in self.sent]

    def to(self, part: str) -> list[Message]:
        """Return what arrived at web hooks whose address holds a text."""
        return [
            message
            for address, message in self.sent
            if isinstance(address, WebhookAddress) and part in address.url
        ]

    async def send(self, address: Address, message: Message) -> Receipt:
        assert not in_transaction(), "A message was sent inside a database transaction."
        if isinstance(address, WebhookAddress):
            if "//169.254." in address.url:
                raise AddressRefused("A link-local address.")
            if any(part in address.url for part in self.down):
                raise NotDelivered("Nothing answers there.")
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append((address, message))
        return Receipt("The fake answered with status 200.")

    async def ping(self, url: str) -> Receipt:
        assert not in_transaction(), "An address was asked inside a database transaction."
        if any(part in url for part in self.down):
            raise NotDelivered("Nothing answers there.")
        self.pinged.append(url)
        return Receipt("pong")

    async def services(self) -> Sequence[PushService]:
        token = FormField("token", "Token", FieldKind.TEXT, is_required=True, is_secret=True)
        return [PushService("chat", "Chat", "https://chat.test", "", (token,))]

    async def check(self, address: Address) -> None:
        assert isinstance(address, Address)
        assert not isinstance(address, AppriseAddress) or address.service in {"chat", "apprise"}


def busy(seconds: int) -> NotDelivered:
    """Return what a receiver says that asks to be left alone for a while."""
    return NotDelivered("Too many.", retry_after=timedelta(seconds=seconds))


def refused() -> NotDelivered:
    """Return what a receiver says that will never take it."""
    return NotDelivered("It answered with status 404.", is_final=True)
