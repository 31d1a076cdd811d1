"""A server that speaks S3 on the loopback, for the length of a test."""

import contextlib
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx2
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from app.ports.archive_store import S3Place


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server, with a bucket for one test."""

    url: str
    bucket: str = ""

    def place(self, prefix: str = "home/unity") -> S3Place:
        return S3Place(self.bucket, prefix, self.url, "us-east-1", "tests", "a-secret-of-tests")


@contextlib.contextmanager
def running_s3() -> Iterator[S3Server]:
    """Start moto's server in a thread."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Return a server that lives as long as the tests."""
    with running_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server) -> S3Server:
    """Return the server with an empty bucket."""
    bucket = f"backups-{secrets.token_hex(4)}"
    # The server of the tests does not look at who asks.
    answer = httpx2.put(f"{s3_server.url}/{bucket}", trust_env=False)
    assert answer.is_success, answer.text
    return replace(s3_server, bucket=bucket)
