"""One request over HTTP to an address that was checked, and a short piece of the answer."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import httpx2

from app.adapters.notify.dialing import Dialing
from app.kernel.text import headers_as_sent, printable
from app.ports.notifier import (
    AddressRefused,
    Message,
    NotDelivered,
    NtfyAddress,
    Receipt,
    WebhookAddress,
)

_TRY_AGAIN = frozenset({408, 425, 429})
_CLIENT_ERRORS = range(400, 500)
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_MOST_ANSWER = 2000
_LONGEST_WAIT = timedelta(days=1)
_PRIORITIES: Mapping[str, int] = {"critical": 5, "warning": 4, "info": 2}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. The address and the headers may hold secrets, so printing shows neither."""

    url: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"


class Http:
    """Sends requests; redirects are not followed, no proxy of the environment is asked."""

    def __init__(self, dialing: Dialing, seconds: float) -> None:
        self._dialing = dialing
        self._seconds = seconds

    async def ask(self, ask: Ask) -> Receipt:
        """Return what the receiver answered with a status of success, or raise."""
        parts = _parts(ask.url)
        host = parts.hostname or ""
        try:
            async with asyncio.timeout(self._seconds):
                port = parts.port or (443 if parts.scheme == "https" else 80)
                address = await asyncio.to_thread(self._dialing.resolve, host, port)
                return await self._deliver(ask, host, address)
        except TimeoutError:
            raise NotDelivered(
                f"{printable(host)} did not answer within {self._seconds:g} s."
            ) from None

    async def _deliver(self, ask: Ask, host: str, address: str) -> Receipt:
        headers = _carried(ask, host)
        # trust_env is off: a proxy of the environment would resolve the name anew.
        async with httpx2.AsyncClient(
            timeout=self._seconds, follow_redirects=False, trust_env=False
        ) as client:
            try:
                url = httpx2.URL(ask.url)
                headers |= {b"Host": url.netloc, b"User-Agent": b"Unity"}
                # Streamed, so that nobody can make us read an endless answer.
                async with client.stream(
                    ask.method,
                    url.copy_with(host=address),
                    content=ask.body,
                    headers=headers,
                    extensions={"sni_hostname": host},
                ) as answer:
                    said = await _beginning(answer)
                    _judge(answer, host)
                    return Receipt(_sentence(host, answer.status_code, said, ask))
            except httpx2.TimeoutException as error:
                raise TimeoutError from error
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                why = printable(str(error)).rstrip(".")[:200] or type(error).__name__
                raise NotDelivered(f"{printable(host)} could not be reached: {why}.") from None


def _carried(ask: Ask, host: str) -> dict[bytes, bytes]:
    """Return the headers as they are sent."""
    try:
        return headers_as_sent(ask.headers)
    except ValueError:
        raise NotDelivered(
            f"A token for {printable(host)} holds a line break or a control character: enter it"
            " again.",
            is_final=True,
        ) from None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is the check
    except ValueError as error:
        raise AddressRefused("The address is no valid URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused("The address does not start with http:// or https://.")
    return parts


async def _beginning(answer: httpx2.Response) -> str:
    said = bytearray()
    async for piece in answer.aiter_bytes():
        said.extend(piece[:_MOST_ANSWER])
        if len(said) >= _MOST_ANSWER:
            break
    return " ".join(printable(said[:_MOST_ANSWER].decode("utf-8", "replace")).split())


def _sentence(host: str, status: int, said: str, ask: Ask) -> str:
    words = f"{printable(host)} answered with status {status}"
    if not said or any(len(one) > 7 and one in said for one in _secrets(ask)):  # noqa: PLR2004 - shorter ones are no secrets
        return f"{words}."  # a receiver that repeats our secrets is not quoted
    return f"{words}: {said[:200]}"


def _secrets(ask: Ask) -> list[str]:
    """Return the parts of a request that an answer must not carry into the ledger."""
    parts = urlsplit(ask.url)
    found = [*parts.path.split("/"), parts.query, parts.password or ""]
    found += [value.removeprefix("Bearer ") for value in ask.headers.values()]
    return found


def _judge(answer: httpx2.Response, host: str) -> None:
    status = answer.status_code
    if status in _SUCCESS:
        return
    if status in _REDIRECTS:
        raise NotDelivered(
            f"{printable(host)} answered with a redirect ({status}), which is not followed:"
            " enter the final address.",
            is_final=True,
        )
    raise NotDelivered(
        f"{printable(host)} answered with status {status}.",
        is_final=status in _CLIENT_ERRORS and status not in _TRY_AGAIN,
        retry_after=_retry_after(answer.headers.get("Retry-After", "")),
    )


def _retry_after(text: str) -> timedelta | None:
    """Read seconds or a date (RFC 9110, section 10.2.3)."""
    try:
        wait = (
            timedelta(seconds=int(text))
            if text.isdecimal()
            else parsedate_to_datetime(text) - datetime.now(UTC)
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)


def to_webhook(address: WebhookAddress, message: Message) -> Ask:
    """Write the message as a signed document.

    The signature covers the time of the request, so that an old one cannot be played back:
    `sha256=` and the HMAC-SHA256 of `<timestamp>.<body>` in hexadecimal.
    """
    text = message.body or json.dumps(dict(message.document), ensure_ascii=False)
    body = text.encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {
        "Content-Type": address.content_type,
        "Idempotency-Key": message.key,
        "X-Unity-Timestamp": stamp,
    }
    if address.secret:
        signed = hmac.new(
            address.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256
        ).hexdigest()
        headers["X-Unity-Signature"] = f"sha256={signed}"
    if address.token:
        headers["Authorization"] = f"Bearer {address.token.strip()}"
    return Ask(address.url, body, headers)


def to_ntfy(address: NtfyAddress, message: Message) -> Ask:
    """Write the message as ntfy's JSON, which goes to the root of the server."""
    document: dict[str, object] = {
        "topic": address.topic,
        "title": message.title,
        "message": message.text,
        "priority": 3 if message.is_over else _PRIORITIES.get(message.severity, 3),
        "tags": ["white_check_mark" if message.is_over else "rotating_light"],
    }
    if message.link:
        document["click"] = message.link
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token.strip()}"
    body = json.dumps(document, ensure_ascii=False).encode()
    return Ask(address.server.rstrip("/") + "/", body, headers)
