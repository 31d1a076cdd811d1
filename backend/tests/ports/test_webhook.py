"""What every sender of messages must do: the fake, and the real one against a real receiver."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from app.adapters.http import HttpSender
from app.ports.webhook import AddressRefused, DeliveryFailed, WebhookSender, WebRequest
from tests.fakes.webhook import FakeSender


@dataclass
class Receiver:
    """A web server that keeps what it is sent and answers with the wished status."""

    url: str = "http://fake.test"
    statuses: list[int] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length")
        )
        self.heard.append(head + await reader.readexactly(length))
        status = self.statuses.pop(0) if self.statuses else 204
        place = b"Location: http://127.0.0.1:1/\r\n" if 300 <= status < 400 else b""
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n".encode() + place + b"\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    kept = Receiver()
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    async with server:
        kept.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield kept
    for writer in kept.writers:
        with suppress(ConnectionError):
            await writer.wait_closed()


@dataclass
class Side:
    sender: WebhookSender
    url: str
    fake: FakeSender | None = None
    real: Receiver | None = None

    def answer_next(self, status: int) -> None:
        if self.fake is not None:
            self.fake.answers.append(status)
        if self.real is not None:
            self.real.statuses.append(status)

    @property
    def bodies(self) -> list[bytes]:
        if self.fake is not None:
            return [request.body for request in self.fake.sent]
        assert self.real is not None
        return [heard.partition(b"\r\n\r\n")[2] for heard in self.real.heard]


@pytest.fixture(params=["fake", "real"])
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    if request.param == "fake":
        fake = FakeSender()
        yield Side(fake, "http://fake.test/hook", fake=fake)
        return
    async with receiver() as real:
        yield Side(HttpSender(seconds=5), f"{real.url}/hook", real=real)


async def test_a_message_arrives_with_its_body(side: Side) -> None:
    status = await side.sender.send(WebRequest(side.url, b'{"a": 1}'))
    assert 200 <= status < 300
    assert side.bodies == [b'{"a": 1}']


@pytest.mark.parametrize(("status", "is_final"), [(500, False), (429, False), (404, True)])
async def test_a_refusal_says_whether_trying_again_can_help(
    side: Side, *, status: int, is_final: bool
) -> None:
    side.answer_next(status)
    with pytest.raises(DeliveryFailed) as caught:
        await side.sender.send(WebRequest(side.url, b"x"))
    assert caught.value.is_final is is_final
    assert str(status) in caught.value.detail


async def test_a_redirect_is_not_followed(side: Side) -> None:
    side.answer_next(302)
    with pytest.raises(DeliveryFailed) as caught:
        await side.sender.send(WebRequest(side.url, b"x"))
    assert caught.value.is_final


@pytest.mark.parametrize("url", ["ftp://example.test/", "http://169.254.169.254/latest/meta-data"])
async def test_addresses_that_nobody_may_mean_are_refused(side: Side, url: str) -> None:
    with pytest.raises(AddressRefused):
        await side.sender.send(WebRequest(url, b"x"))


@pytest.mark.parametrize(
    "host",
    [
        "[::ffff:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[fe80::1]",
        "[::]",
        "[fd00:ec2::254]",
    ],
)
async def test_other_spellings_of_the_metadata_service_are_refused_too(host: str) -> None:
    with pytest.raises(AddressRefused):
        await HttpSender().send(WebRequest(f"http://{host}/", b"x"))


async def test_the_real_one_sends_the_name_and_the_headers_it_was_given() -> None:
    async with receiver() as real:
        url = real.url.replace("127.0.0.1", "localhost")
        await HttpSender().send(WebRequest(f"{url}/a?b=c", b"x", {"Idempotency-Key": "7"}))
        head = real.heard[0].lower()
    assert head.startswith(b"post /a?b=c http/1.1\r\n")
    assert b"host: localhost:" in head
    assert b"idempotency-key: 7" in head


async def test_a_closed_port_is_a_failure_that_may_pass() -> None:
    with pytest.raises(DeliveryFailed) as caught:
        await HttpSender().send(WebRequest("http://127.0.0.1:9/", b"x"))
    assert not caught.value.is_final


async def test_a_receiver_that_says_nothing_is_given_up() -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DeliveryFailed, match="did not answer"):
            await HttpSender(seconds=0.2).send(WebRequest(f"http://127.0.0.1:{port}/", b"x"))
        await ended.wait()
