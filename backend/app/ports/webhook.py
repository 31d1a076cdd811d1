"""What we ask of somebody else's web server: take this message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class DeliveryFailed(Exception):
    """The message was not taken. The text is for people and holds no secret of the address."""

    def __init__(self, detail: str, *, is_final: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_final = is_final  # sending the same again cannot help


class AddressRefused(DeliveryFailed):
    """The address is one that Unity never speaks to."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, is_final=True)


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One message. The address and the headers may hold secrets, so printing shows neither."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"


class WebhookSender(Protocol):
    """Delivers messages."""

    async def send(self, request: WebRequest) -> int:
        """Deliver; return the status (2xx), or raise `DeliveryFailed`.

        Redirects are not followed: a message with secrets goes where it was told to, or nowhere.
        """
        ...
