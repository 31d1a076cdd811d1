"""HTTP with a provider: checked addresses, bounded answers, events, and failures in words.

An admin enters the address, so this machine and private networks are allowed: a home's Ollama lives
there. Link-local and metadata addresses are not, and plain HTTP only where it does not cross the
internet. The address that was checked is the one that is spoken to.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import httpx2

from app.adapters.ai.dialect import Call, Document, garbled
from app.kernel.addresses import is_public, is_refused, web_parts
from app.kernel.errors import JsonValue
from app.kernel.text import headers_as_sent, printable
from app.ports.ai_provider import Connection, Failure, ProviderFailed

_MOST_BYTES = 4 * 1024 * 1024
_MOST_OF_AN_ERROR = 64 * 1024
_MOST_OF_A_LINE = 1024 * 1024
_CONNECT_SECONDS = 10.0
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_NOT_FOUND = (404, 405)
_LONGEST_WAIT = timedelta(days=1)
_FAILURES = {
    401: Failure.KEY_REFUSED,
    403: Failure.KEY_REFUSED,
    404: Failure.UNKNOWN_MODEL,
    405: Failure.UNKNOWN_MODEL,
    408: Failure.TIMED_OUT,
    429: Failure.BUSY,
}
_FIRST_OF_ITS_OWN = 500


async def post(connection: Connection, call: Call) -> Document:
    """Return the document that the provider answers with, or raise `ProviderFailed`."""
    async with _within(connection), _open(connection, call) as answer:
        await _check(answer)
        return _document(await _read(answer, _MOST_BYTES))


async def find(connection: Connection, call: Call) -> Document:
    """Do the same by GET; a provider that has no such page has an empty list."""
    async with _within(connection), _open(connection, call) as answer:
        if answer.status_code in _NOT_FOUND:
            return {"data": []}
        await _check(answer)
        return _document(await _read(answer, _MOST_BYTES))


async def events(connection: Connection, call: Call) -> AsyncGenerator[Document, None]:
    """Yield the documents of an event stream, up to the mark that ends it."""
    async with _within(connection), _open(connection, call) as answer:
        await _check(answer)
        if "event-stream" not in answer.headers.get("content-type", ""):
            raise garbled("stream of events")
        async with aclosing(_data(answer)) as texts:
            async for data in texts:
                if data == "[DONE]":
                    return
                found = _document(data)
                if found.get("error"):
                    raise _told(found)
                yield found


@asynccontextmanager
async def _within(connection: Connection) -> AsyncIterator[None]:
    """Bound the whole answer, and tell time-outs and broken connections in words."""
    host = printable(urlsplit(connection.base_url).hostname or "The provider")
    try:
        async with asyncio.timeout(connection.limit.total_seconds()):
            yield
    except httpx2.ConnectTimeout:
        raise ProviderFailed(
            Failure.NOT_REACHED, f"{host} took no connection within {_CONNECT_SECONDS:g} s."
        ) from None
    except httpx2.TimeoutException:
        seconds = connection.silence.total_seconds()
        raise ProviderFailed(Failure.TIMED_OUT, f"{host} said nothing for {seconds:g} s.") from None
    except TimeoutError:
        seconds = connection.limit.total_seconds()
        raise ProviderFailed(
            Failure.TIMED_OUT, f"{host} did not come to an end within {seconds:g} s."
        ) from None
    except (httpx2.RemoteProtocolError, httpx2.ReadError):
        raise ProviderFailed(
            Failure.CUT_OFF, f"{host} ended the connection in the middle of its answer."
        ) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        why = printable(str(error)).rstrip(".")[:200] or type(error).__name__
        raise ProviderFailed(Failure.NOT_REACHED, f"{host} could not be reached: {why}.") from None


@asynccontextmanager
async def _open(connection: Connection, call: Call) -> AsyncIterator[httpx2.Response]:
    parts = _parts(call.url)
    address = await _resolve(parts)
    url = httpx2.URL(call.url)
    headers = {
        **_carried(call),
        b"Host": url.netloc,
        b"User-Agent": b"Unity",
        b"Accept": b"application/json, text/event-stream",
    }
    timeout = httpx2.Timeout(connection.silence.total_seconds(), connect=_CONNECT_SECONDS)
    # trust_env is off: a proxy of the environment would resolve the name anew. The certificates,
    # which take long to load, are left out where the address has no TLS.
    async with (
        httpx2.AsyncClient(
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            verify=parts.scheme == "https",
        ) as client,
        client.stream(
            "GET" if call.body is None else "POST",
            url.copy_with(host=address),
            json=call.body,
            headers=headers,
            extensions={"sni_hostname": url.host},
        ) as answer,
    ):
        yield answer


def _carried(call: Call) -> dict[bytes, bytes]:
    """Return the headers as they are sent."""
    try:
        return headers_as_sent(call.headers)
    except ValueError:
        raise ProviderFailed(
            Failure.KEY_REFUSED,
            "The API key holds a line break or a control character: enter it again.",
        ) from None


def _parts(url: str) -> SplitResult:
    parts = web_parts(url)
    if parts is None:
        raise ProviderFailed(
            Failure.ADDRESS_REFUSED, "The address does not start with http:// or https://."
        )
    return parts


async def _resolve(parts: SplitResult) -> str:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except (OSError, UnicodeError):
        raise ProviderFailed(Failure.NOT_REACHED, f"{printable(host)} has no address.") from None
    addresses = [str(entry[4][0]) for entry in found]
    # One refused address among several is a trap, not an accident.
    for address in addresses:
        if is_refused(address):
            raise ProviderFailed(
                Failure.ADDRESS_REFUSED,
                f"{printable(host)} is {address}, a link-local or metadata address:"
                " Unity never sends there.",
            )
        if parts.scheme == "http" and is_public(address):
            raise ProviderFailed(
                Failure.ADDRESS_REFUSED,
                f"{printable(host)} is reached over the internet, where only https:// is safe.",
            )
    return addresses[0]


async def _check(answer: httpx2.Response) -> None:
    status = answer.status_code
    if status in _SUCCESS:
        return
    if status in _REDIRECTS:
        raise ProviderFailed(
            Failure.NOT_TAKEN,
            f"The provider answered with a redirect ({status}), which is not followed:"
            " enter the final address.",
        )
    said = _words(await _read(answer, _MOST_OF_AN_ERROR, is_error=True))
    failure = _FAILURES.get(status)
    if failure is None:
        failure = Failure.OVERLOADED if status >= _FIRST_OF_ITS_OWN else Failure.NOT_TAKEN
    raise ProviderFailed(
        failure,
        f"The provider answered with status {status}" + (f": {said}" if said else "."),
        retry_after=_retry_after(answer.headers.get("Retry-After", "")),
    )


async def _read(answer: httpx2.Response, most: int, *, is_error: bool = False) -> str:
    """Read no more than a provider has to say."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > most:
            if is_error:
                break
            raise ProviderFailed(
                Failure.GARBLED, f"The provider's answer is longer than {most // 1024} KiB."
            )
    return body.decode("utf-8", "replace")


async def _data(answer: httpx2.Response) -> AsyncGenerator[str, None]:
    """Yield the data of each event (HTML standard, section 9.2.6)."""
    data: list[str] = []
    async with aclosing(_lines(answer)) as lines:
        async for line in lines:
            if not line:
                if data:
                    yield "\n".join(data)
                data = []
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
    # What no empty line has ended is no event: the stream broke off in it.


async def _lines(answer: httpx2.Response) -> AsyncGenerator[str, None]:
    """Yield lines that end with LF or CRLF, and bound both them and all of them."""
    rest, total = bytearray(), 0
    async for part in answer.aiter_bytes():
        rest += part
        total += len(part)
        if total > _MOST_BYTES or len(rest) > _MOST_OF_A_LINE + len(part):
            raise ProviderFailed(
                Failure.GARBLED, f"The answer is longer than {_MOST_BYTES // 1024} KiB."
            )
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").removesuffix("\r")


def _document(text: str) -> Document:
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderFailed(
            Failure.GARBLED,
            "The provider's answer is no valid JSON object. Is this the address of its API?",
        )
    return found


def _told(found: Document) -> ProviderFailed:
    """Return the failure that a stream tells of in its middle."""
    said = _message(found)
    is_busy = any(word in said.lower() for word in ("overload", "rate limit", "rate_limit"))
    return ProviderFailed(
        Failure.OVERLOADED if is_busy else Failure.CUT_OFF,
        f"The provider broke off: {said}" if said else "The provider broke off with an error.",
    )


def _words(body: str) -> str:
    """Return the provider's own message of an error, in one short line."""
    try:
        found: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return _message(found) if isinstance(found, dict) else ""


def _message(found: Document) -> str:
    """Read `{"error": {"message": …}}` as both protocols write it, and `{"error": …}` of others."""
    error = found.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    if not isinstance(said, str):
        return ""
    return _without_keys(" ".join(printable(said).split())[:300])


def _without_keys(said: str) -> str:
    """Leave out words that look like a key: some providers repeat the one that was wrong."""
    return " ".join("***" if "sk-" in word or "*" in word else word for word in said.split())


def _retry_after(text: str) -> timedelta | None:
    """Read seconds or a date (RFC 9110, section 10.2.3)."""
    try:
        wait = (
            timedelta(seconds=float(text))
            if text.replace(".", "", 1).isdecimal()
            else parsedate_to_datetime(text) - datetime.now(UTC)
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
