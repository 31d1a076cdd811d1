"""A receiver in memory: the `WebhookSender` port without a network."""

from dataclasses import dataclass, field

from app.kernel.database import in_transaction
from app.ports.webhook import AddressRefused, DeliveryFailed, WebRequest


@dataclass
class FakeSender:
    """Keeps what was sent; `answers` holds the next statuses, 200 when it is empty."""

    sent: list[WebRequest] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    is_down: bool = False

    async def send(self, request: WebRequest) -> int:
        assert not in_transaction(), "A message was sent inside a database transaction."
        if not request.url.startswith(("http://", "https://")):
            raise AddressRefused("The address does not start with http:// or https://.")
        if "//169.254." in request.url:
            raise AddressRefused("A link-local address.")
        if self.is_down:
            raise DeliveryFailed("Nothing answers there.")
        self.sent.append(request)
        status = self.answers.pop(0) if self.answers else 200
        if 200 <= status < 300:
            return status
        raise DeliveryFailed(
            f"It answered with status {status}.", is_final=300 <= status < 500 and status != 429
        )
