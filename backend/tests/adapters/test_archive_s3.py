"""A bucket is reached only at addresses that were checked, whatever its name says later."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from app.adapters.archive_s3 import open_bucket
from app.adapters.archive_s3.checked_way import checked_way, look_up
from app.ports.archive_store import S3Place, StoreError
from tests.parts.receivers import web_receiver
from tests.parts.s3 import S3Server

CONTENT = b"archive" * 100_000
HERE, METADATA = "127.0.0.1", "169.254.169.254"


class Names:
    """What a name server answers, one answer after the other; the last one stays."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[tuple[str, int]] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return [self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def called_nas(place: S3Place) -> S3Place:
    """Return the place under a name that only `Names` knows."""
    return replace(place, endpoint=f"http://nas:{urlsplit(place.endpoint).port}")


async def test_a_bucket_is_reached_under_its_name_at_the_checked_address(
    s3: S3Server, source: Path
) -> None:
    names = Names(HERE)
    async with open_bucket(called_nas(s3.place()), names) as store:
        await store.put("one", source)
        await store.put("two", source)
        assert [one.name for one in await store.archives()] == ["one", "two"]
        assert b"".join([piece async for piece in store.read("one")]) == CONTENT
    assert set(names.asked) == {("nas", urlsplit(s3.url).port)}


async def test_a_name_that_changes_its_mind_after_the_check_reaches_nothing(
    s3: S3Server, source: Path
) -> None:
    names = Names(HERE, METADATA)
    async with open_bucket(called_nas(s3.place()), names) as store:
        with pytest.raises(StoreError, match="could not be reached"):
            await store.put("one", source)
    assert len(names.asked) > 1


async def test_a_server_without_tls_is_asked_as_if_there_was_nothing_between(
    source: Path,
) -> None:
    async with web_receiver() as server:
        server.headers = {"ETag": '"1"'}
        place = S3Place("b", "", server.url, "us-east-1", "key", "secret")
        async with open_bucket(place) as store:
            await store.put("one", source)
    ((first, headers, body),) = server.heard
    assert (first, headers["host"]) == ("PUT /b/one HTTP/1.1", urlsplit(server.url).netloc)
    assert "proxy-authorization" not in headers
    assert body == CONTENT


async def test_over_tls_the_server_is_asked_for_by_its_name(source: Path) -> None:
    greeted: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_servername_callback(lambda _socket, name, _context: greeted.append(name))
    server = await asyncio.start_server(lambda _r, w: w.close(), HERE, 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        place = S3Place("b", "", f"https://nas:{port}", "us-east-1", "key", "secret")
        with pytest.raises(StoreError, match="could not be reached"):
            async with open_bucket(place, Names(HERE)) as store:
                await store.put("one", source)
    assert set(greeted) == {"nas"}


@pytest.mark.parametrize("word", ["", "unity:wrong@"])
async def test_no_other_program_gets_through(word: str) -> None:
    async with web_receiver() as server, checked_way(look_up) as proxy:
        way = f"http://{word}127.0.0.1:{urlsplit(proxy).port}"
        async with httpx2.AsyncClient(proxy=way, trust_env=False) as client:
            with pytest.raises(httpx2.TransportError):
                await client.get(server.url)
    assert server.heard == []
